using System.Text;

namespace OrleansWork.Jobs.Processes;

/// <summary>The beginning of what a process wrote; the rest is read and forgotten, so that the process never waits for it.</summary>
internal sealed class BoundedOutput(int limitBytes)
{
    private readonly byte[] _kept = new byte[limitBytes];
    private readonly Lock _gate = new();
    private int _count;
    private bool _isCut;

    /// <summary>Reads a stream to its end.</summary>
    public async Task ReadAsync(Stream stream)
    {
        byte[] buffer = new byte[8192];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and int read)
            {
                lock (_gate)
                {
                    int fits = Math.Min(read, limitBytes - _count);
                    buffer.AsSpan(0, fits).CopyTo(_kept.AsSpan(_count));
                    _count += fits;
                    _isCut |= fits < read;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The stream was closed because somebody else held it open.
        }
    }

    /// <summary>Returns the text and whether it was cut; a character at the cut is left out whole.</summary>
    public (string Text, bool IsCut) Read()
    {
        lock (_gate)
        {
            int count = _count;
            for (int back = 1; _isCut && back <= 3 && back <= count; back++)
            {
                byte lead = _kept[count - back];
                if ((lead & 0xC0) == 0x80)
                    continue;
                int size =
                    lead >= 0xF0 ? 4
                    : lead >= 0xE0 ? 3
                    : lead >= 0xC0 ? 2
                    : 1;
                if (size > back)
                    count -= back;
                break;
            }

            return (Encoding.UTF8.GetString(_kept, 0, count), _isCut);
        }
    }
}
