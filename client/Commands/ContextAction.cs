namespace OrleansWork.Console.Commands;

/// <summary>What <c>context</c> does.</summary>
internal enum ContextAction
{
    /// <summary>Lists them.</summary>
    List,

    /// <summary>Makes one the current one.</summary>
    Use,

    /// <summary>Forgets one.</summary>
    Rm,
}
