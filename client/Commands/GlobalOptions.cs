using System.CommandLine;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Input;

namespace OrleansWork.Console.Commands;

/// <summary>The options of every command that say where the cluster is.</summary>
internal sealed class GlobalOptions
{
    private const int LongestKey = 512;

    private readonly Option<string?> _url = OptionKinds.Text("--url", "where the cluster answers by HTTP", "url,…");
    private readonly Option<string?> _key = OptionKinds.Text(
        "--key",
        "the key to ask with, or - to read it from the standard input",
        "key"
    );
    private readonly Option<string?> _context = OptionKinds.Text("--context", "a cluster that you have logged in to", "name");
    private readonly Option<string?> _gateway = OptionKinds.Text(
        "--gateway",
        "by the Orleans client: gateways of the cluster",
        "host:port,…"
    );
    private readonly Option<string?> _redis = OptionKinds.Text(
        "--redis",
        "by the Orleans client: the Redis that holds the membership",
        "connection"
    );
    private readonly Option<string?> _data = OptionKinds.Text("--data", "directory of a local cluster", "dir", defaultText: ".orleanswork");
    private readonly Option<string?> _clusterId = OptionKinds.Text("--cluster-id", "id of the cluster", "id", defaultText: "orleanswork");
    private readonly Option<string?> _serviceId = OptionKinds.Text("--service-id", "id of the service", "id", defaultText: "orleanswork");

    /// <summary>Adds them to the root.</summary>
    public void AddTo(Command root)
    {
        foreach (Option option in (Option[])[_url, _key, _context, _data, _gateway, _redis, _clusterId, _serviceId])
        {
            option.Recursive = true;
            root.Add(option);
        }
    }

    /// <summary>Reads what was given.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="input">Opens the standard input, from which a key is read where the command line says so.</param>
    public ConnectionArguments Read(ParseResult parse, Func<Stream> input) =>
        new(
            parse.GetValue(_gateway),
            parse.GetValue(_redis),
            Data(parse),
            parse.GetValue(_clusterId),
            parse.GetValue(_serviceId),
            parse.GetValue(_url),
            Key(parse, input),
            parse.GetValue(_context)
        );

    private string? Key(ParseResult parse, Func<Stream> input)
    {
        if (parse.GetValue(_key) is not { } key)
            return null;
        if (key == "-")
            key = InputText.Lines(InputText.Read("--key -", input())).FirstOrDefault() ?? "";
        key = key.Trim();
        return key.Length is > 0 and <= LongestKey && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new UsageException("--key is no key: one is a word of printable characters.");
    }

    /// <summary>Returns the directory of the local cluster that a command is about.</summary>
    public string Directory(ParseResult parse, Func<string, string?> environment) =>
        Data(parse) ?? (environment("ORLEANSWORK_DATA") is { Length: > 0 } named ? named : ConnectionSettings.DefaultDirectory);

    private string? Data(ParseResult parse) =>
        parse.GetValue(_data) is { } data && string.IsNullOrWhiteSpace(data)
            ? throw new UsageException("--data is empty; name the directory of a local cluster.")
            : parse.GetValue(_data);
}
