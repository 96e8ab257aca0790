using System.CommandLine;
using OrleansWork.Console.Connection;

namespace OrleansWork.Console.Commands;

/// <summary>The options of every command that say where the cluster is.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string?> _gateway = OptionKinds.Text("--gateway", "gateways of the cluster", "host:port,…");
    private readonly Option<string?> _redis = OptionKinds.Text("--redis", "the Redis that holds the membership", "connection");
    private readonly Option<string?> _data = OptionKinds.Text("--data", "directory of a local cluster", "dir", defaultText: ".orleanswork");
    private readonly Option<string?> _clusterId = OptionKinds.Text("--cluster-id", "id of the cluster", "id", defaultText: "orleanswork");
    private readonly Option<string?> _serviceId = OptionKinds.Text("--service-id", "id of the service", "id", defaultText: "orleanswork");

    /// <summary>Adds them to the root.</summary>
    public void AddTo(Command root)
    {
        foreach (Option option in (Option[])[_gateway, _redis, _data, _clusterId, _serviceId])
        {
            option.Recursive = true;
            root.Add(option);
        }
    }

    /// <summary>Reads what was given.</summary>
    public ConnectionArguments Read(ParseResult parse) =>
        new(parse.GetValue(_gateway), parse.GetValue(_redis), Data(parse), parse.GetValue(_clusterId), parse.GetValue(_serviceId));

    /// <summary>Returns the directory of the local cluster that a command is about.</summary>
    public string Directory(ParseResult parse, Func<string, string?> environment) =>
        Data(parse) ?? (environment("ORLEANSWORK_DATA") is { Length: > 0 } named ? named : ConnectionSettings.DefaultDirectory);

    private string? Data(ParseResult parse) =>
        parse.GetValue(_data) is { } data && string.IsNullOrWhiteSpace(data)
            ? throw new UsageException("--data is empty; name the directory of a local cluster.")
            : parse.GetValue(_data);
}
