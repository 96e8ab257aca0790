namespace OrleansWork.Engine.Execution;

/// <summary>A slot: one dedicated thread that performs one lease after another.</summary>
internal sealed class SlotThread
{
    private readonly object _signal = new();
    private readonly Thread _thread;
    private bool _woken;

    public SlotThread(int number, int index, Action<SlotThread> loop)
    {
        (Number, Index) = (number, index);
        _thread = new Thread(() => loop(this)) { IsBackground = true, Name = $"orleanswork slot {number}" };
    }

    public int Number { get; }

    /// <summary>Gets which of the silo's slots it is, from 0: who takes its place has the same.</summary>
    public int Index { get; }

    /// <summary>Gets or sets whether the slot was given up: its thread ends if the unit that holds it ever returns.</summary>
    public bool IsLost { get; set; }

    /// <summary>Gets or sets whether another thread took its place when it was given up.</summary>
    public bool IsReplaced { get; set; }

    public void Start() => _thread.UnsafeStart();

    /// <summary>Ends the wait that its unit is in, or the next one, by a <see cref="ThreadInterruptedException"/>.</summary>
    public void Interrupt() => _thread.Interrupt();

    /// <summary>Sleeps until <see cref="Wake"/>; returns at once if that came first.</summary>
    public void Park()
    {
        while (true)
        {
            try
            {
                lock (_signal)
                {
                    while (!_woken)
                        Monitor.Wait(_signal);
                    _woken = false;
                    return;
                }
            }
            catch (ThreadInterruptedException)
            {
                // By something that a unit left behind.
            }
        }
    }

    /// <summary>Ends the sleep.</summary>
    public void Wake()
    {
        lock (_signal)
        {
            _woken = true;
            Monitor.Pulse(_signal);
        }
    }
}
