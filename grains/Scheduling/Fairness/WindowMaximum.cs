namespace OrleansWork.Scheduling.Fairness;

/// <summary>The largest value of the recent past, in eight steps per window: a value counts for 7/8 to 8/8 of the window.</summary>
internal sealed class WindowMaximum(long windowMicros)
{
    private const int Steps = 8;
    private readonly long _stepMicros = Math.Max(1, windowMicros / Steps);
    private readonly long[] _values = new long[Steps];
    private long _step = long.MinValue;
    private long _maximum;

    public void Add(long value, long nowMicros)
    {
        Advance(nowMicros);
        int at = (int)(_step % Steps);
        if (value > _values[at])
            _values[at] = value;
        if (value > _maximum)
            _maximum = value;
    }

    public long At(long nowMicros)
    {
        Advance(nowMicros);
        return _maximum;
    }

    private void Advance(long nowMicros)
    {
        long step = Math.Max(0, nowMicros / _stepMicros);
        if (step <= _step)
            return;
        long passed = _step == long.MinValue ? Steps : Math.Min(Steps, step - _step);
        for (long back = 0; back < passed; back++)
            _values[(int)((step - back) % Steps + Steps) % Steps] = 0;
        _step = step;
        _maximum = 0;
        foreach (long value in _values)
            _maximum = Math.Max(_maximum, value);
    }
}
