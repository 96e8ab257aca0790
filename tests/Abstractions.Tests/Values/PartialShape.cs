namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>A type of partials that a generator made: C# source of the type and of what the test needs of it.</summary>
/// <param name="Form">How the type is declared.</param>
/// <param name="Members">Its members.</param>
public sealed record PartialShape(Form Form, IReadOnlyList<MemberShape> Members)
{
    public override string ToString() => $"{Form}({string.Join(", ", Members)})";
}

/// <param name="Style">How the member keeps its value.</param>
/// <param name="Content">What it holds.</param>
public sealed record MemberShape(Style Style, Content Content)
{
    public override string ToString() => $"{Style} {Content.Type}";
}

/// <param name="Type">The C# type.</param>
/// <param name="Make">An expression for the value of <c>unit</c>.</param>
/// <param name="Merge">An expression for what <c>a</c> and <c>b</c> come to; it may change a.</param>
/// <param name="Show">An expression for the text that says all of <c>v</c>.</param>
/// <param name="MustCross">Whether it is to be carried, and not only to be refused.</param>
public sealed record Content(string Type, string Make, string Merge, string Show, bool MustCross = true);

public enum Form
{
    SealedClass,
    OpenClass,
    PrivateConstructor,
    PrimaryConstructor,
    TwoConstructors,
    DerivedClass,
    Record,
    PositionalRecord,
    Struct,
    ReadonlyStruct,
    RecordStruct,
    GenericClass,
}

public enum Style
{
    SetProperty,
    PrivateSetProperty,
    InitProperty,
    GetOnlyProperty,
    FieldProperty,
    WholeField,
    ReadonlyField,
    PrivateField,
    HiddenReadonlyField,
    ComputedOverPrivate,
    InternalProperty,
    GuardedProperty,
    TwoViews,
}
