using System.Text;
using OrleansWork.Console.Commands;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests;

/// <summary>Runs command lines against a cluster in memory and keeps what they wrote.</summary>
internal sealed class ConsoleRun : IDisposable
{
    private readonly MemoryStream _out = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };

    /// <param name="terminal">Whether both outputs are one.</param>
    /// <param name="connector">Reaches clusters; by default <see cref="Cluster"/>.</param>
    /// <param name="output">Takes the output; by default <see cref="Out"/> does.</param>
    /// <param name="readerIsGone">Whether nobody reads the output any more.</param>
    /// <param name="time">The time; by default the system's.</param>
    /// <param name="contexts">The file of the user's contexts; by default they have none.</param>
    public ConsoleRun(
        bool terminal = false,
        Stream? output = null,
        IClusterConnector? connector = null,
        Func<bool>? readerIsGone = null,
        TimeProvider? time = null,
        string? contexts = null
    )
    {
        Interrupts = new Interrupts(() => Left = true);
        Context = new ConsoleContext
        {
            Terminal = new Terminal(output ?? _out, _error, terminal, terminal, color: false, readerIsGone),
            Connector = connector ?? Cluster,
            LocalClusters = LocalClusters,
            Interrupts = Interrupts,
            Environment = name => Environment.GetValueOrDefault(name),
            StandardInput = () => new MemoryStream(StandardInputBytes ?? Encoding.UTF8.GetBytes(StandardInput)),
            RawArguments = () => RawArguments,
            Contexts = new ContextFile(contexts),
            Time = time ?? TimeProvider.System,
        };
    }

    public FakeCluster Cluster { get; } = new();

    public FakeLocalClusters LocalClusters { get; } = new();

    public Interrupts Interrupts { get; }

    public ConsoleContext Context { get; }

    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    public string StandardInput { get; set; } = "";

    /// <summary>What the standard input has instead, when it is no text.</summary>
    public byte[]? StandardInputBytes { get; set; }

    /// <summary>The words of the command line as the system has them, or null where it does not say.</summary>
    public IReadOnlyList<byte[]>? RawArguments { get; set; }

    /// <summary>Whether a second Ctrl-C ended the process.</summary>
    public bool Left { get; private set; }

    public string Out => Encoding.UTF8.GetString(_out.ToArray());

    public byte[] OutBytes => _out.ToArray();

    public string Error => _error.ToString();

    /// <summary>The error stream's only line.</summary>
    public string ErrorLine => Assert.Single(Error.TrimEnd('\n').Split('\n'));

    /// <summary>The error stream's only line that begins so.</summary>
    public string ErrorLineOf(string start) => Assert.Single(Error.Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal));

    public Task<int> RunAsync(params string[] arguments) => new ConsoleCommands(Context, arguments.FirstOrDefault()).RunAsync(arguments);

    public void Dispose()
    {
        Interrupts.Dispose();
        _out.Dispose();
        _error.Dispose();
    }
}
