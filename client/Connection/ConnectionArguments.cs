namespace OrleansWork.Console.Connection;

/// <summary>What a command line says about the cluster; null where it says nothing.</summary>
internal sealed record ConnectionArguments(
    string? Gateway = null,
    string? Redis = null,
    string? Data = null,
    string? ClusterId = null,
    string? ServiceId = null,
    string? Url = null,
    string? Key = null,
    string? Context = null
);
