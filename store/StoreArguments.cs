using System.Globalization;

namespace OrleansWork.Store;

/// <summary>The arguments of a store process.</summary>
/// <param name="DataDirectory">The data folder of the cluster.</param>
/// <param name="Port">The port on loopback.</param>
/// <param name="AcceptLoss">Whether to go on without what is damaged.</param>
/// <param name="AcceptClock">Whether to go on though the clock is behind that of the last writes.</param>
internal sealed record StoreArguments(string DataDirectory, int Port, bool AcceptLoss, bool AcceptClock)
{
    /// <summary>The option of the data folder.</summary>
    public const string Data = "--data";

    /// <summary>The option of the port.</summary>
    public const string PortOption = "--port";

    /// <summary>The flag of <see cref="AcceptLoss"/>.</summary>
    public const string AcceptLossFlag = "--accept-loss";

    /// <summary>The flag of <see cref="AcceptClock"/>.</summary>
    public const string AcceptClockFlag = "--accept-clock";

    /// <summary>Writes them as a command line.</summary>
    public IEnumerable<string> Write() =>
        [
            Data,
            DataDirectory,
            PortOption,
            Port.ToString(CultureInfo.InvariantCulture),
            .. AcceptLoss ? (string[])[AcceptLossFlag] : [],
            .. AcceptClock ? (string[])[AcceptClockFlag] : [],
        ];

    /// <summary>Reads a command line.</summary>
    /// <returns>Null when it is not one.</returns>
    public static StoreArguments? Read(IReadOnlyList<string> arguments)
    {
        (string? data, int? port, bool loss, bool clock) = (null, null, false, false);
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case Data when i + 1 < arguments.Count:
                    data = arguments[++i];
                    break;
                case PortOption
                    when i + 1 < arguments.Count
                        && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                        && number is > 0 and <= 65_535:
                    (port, i) = (number, i + 1);
                    break;
                case AcceptLossFlag:
                    loss = true;
                    break;
                case AcceptClockFlag:
                    clock = true;
                    break;
                default:
                    return null;
            }
        }

        return data is null || port is null ? null : new StoreArguments(data, port.Value, loss, clock);
    }
}
