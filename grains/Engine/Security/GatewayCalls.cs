using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Engine.Security;

/// <summary>What clients of a gateway may call of this product's grains.</summary>
internal static class GatewayCalls
{
    private static readonly ConcurrentDictionary<MethodInfo, bool> s_isOpen = new();

    /// <summary>Gets how the id of the client begins that a silo is to itself: what its own services call comes from there.</summary>
    public static ReadOnlySpan<byte> OwnClient => "hosted-"u8;

    /// <summary>Carries a call out, or refuses it.</summary>
    /// <exception cref="CallRefusedException">A client of a gateway made it, and only silos may.</exception>
    public static Task InvokeAsync(IIncomingGrainCallContext context) =>
        IsFromGateway(context.SourceId) && !IsOpen(context.InterfaceMethod) ? RefuseAsync(context) : context.Invoke();

    /// <summary>Returns whether a call comes from a client of a gateway.</summary>
    public static bool IsFromGateway(GrainId? source) =>
        source is { } caller && caller.IsClient() && !caller.Key.AsSpan().StartsWith(OwnClient);

    /// <summary>Returns whether clients of a gateway may call a method of a grain interface.</summary>
    public static bool IsOpen(MethodInfo method) =>
        // A caller may make up any number of constructed methods: they are not remembered.
        method.IsGenericMethod
            ? CallerOf(method) == Caller.Client
            : s_isOpen.GetOrAdd(method, static one => CallerOf(one) == Caller.Client);

    /// <summary>Refuses a call that a client of a gateway made.</summary>
    public static Task RefuseAsync(IIncomingGrainCallContext context) =>
        Task.FromException(context.TargetContext.ActivationServices.GetRequiredService<RefusedCalls>().Refuse(context));

    /// <summary>Returns who may call a method, or null where nobody has said so.</summary>
    public static Caller? CallerOf(MethodInfo method) =>
        method.GetCustomAttribute<CallableByAttribute>()?.Caller ?? method.DeclaringType?.GetCustomAttribute<CallableByAttribute>()?.Caller;
}
