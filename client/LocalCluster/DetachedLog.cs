using System.Text;

namespace OrleansWork.Console.LocalCluster;

/// <summary>What a detached supervisor says: to its log always, and to the console that started it until that leaves.</summary>
internal sealed class DetachedLog(string path) : TextWriter
{
    private readonly Lock _lock = new();
    private ProcessLog? _file;
    private volatile bool _detached;

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Stops telling the console.</summary>
    public void Detach() => _detached = true;

    /// <inheritdoc/>
    public override void Write(char value) => WriteLine(value.ToString());

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        lock (_lock)
        {
            // Made with the first line: not in a folder that turns out to be another cluster's.
            _file ??= new ProcessLog(path);
            _file.Write($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {value}");
            if (!_detached)
                System.Console.Out.WriteLine(value);
        }
    }

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file?.Dispose();
        base.Dispose(disposing);
    }
}
