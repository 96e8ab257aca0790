using System.Globalization;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Gives a process another clock than the machine's, by the library of faketime.</summary>
internal static class FakeClock
{
    private static readonly string? s_library = Find();

    /// <summary>Gets why no clock can be set here, or null when one can.</summary>
    public static string? SkipReason => s_library is null ? "faketime is not installed (apt-get install faketime)" : null;

    /// <summary>Returns the environment of a process whose clock is off; what measures time goes on as ever.</summary>
    public static (string Name, string Value)[] Environment(TimeSpan ahead) =>
        [
            ("LD_PRELOAD", s_library ?? throw new FaultSkippedException(SkipReason!)),
            ("FAKETIME", ahead.TotalSeconds.ToString("+0;-0", CultureInfo.InvariantCulture) + "s"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            // Without it a wait that the runtime asks of the system ends at once.
            ("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
        ];

    private static string? Find() =>
        ((string[])["/usr/lib", "/usr/lib64", "/usr/local/lib"])
            .Where(Directory.Exists)
            .SelectMany(folder => (string[])[folder, .. Directory.EnumerateDirectories(folder, "*-linux-gnu*")])
            .Select(folder => Path.Combine(folder, "faketime", "libfaketime.so.1"))
            .FirstOrDefault(File.Exists);
}
