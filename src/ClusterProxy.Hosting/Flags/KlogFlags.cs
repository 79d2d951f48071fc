namespace ClusterProxy.Hosting.Flags;

/// <summary>The logging flags of Kubernetes programs: all are accepted, and those that change nothing here say so.</summary>
public sealed class KlogFlags
{
    /// <summary>Upstream's default, with which connections and tunnels are logged and packets are not.</summary>
    public const int DefaultVerbosity = 4;

    private const string Group = "Logging";
    private const string NoEffect = " Accepted without effect: log lines go to standard error, one line each.";

    private readonly Flag<int> _verbosity;

    public KlogFlags(FlagSet flags)
    {
        _verbosity = flags.AddInt(
            "v",
            DefaultVerbosity,
            Group,
            "Log verbosity: below 0 only warnings and errors, 0 to 4 life-cycle messages too, 5 debug messages, "
            + "6 and above every packet.",
            'v');
        AddText("vmodule", "", "Verbosity per source file.");
        AddText("stderrthreshold", "2", "Least severity for standard error.");
        AddText("alsologtostderrthreshold", "", "Least severity for standard error beside files.");
        AddText("log-backtrace-at", ":0", "Print a stack trace at file:line.");
        AddText("log-dir", "", "Directory of log files.");
        AddText("log-file", "", "Log file; redirect standard error instead.");
        flags.AddLong("log-file-max-size", 1800, Group, "Greatest size of a log file in megabytes." + NoEffect);
        AddSwitch("logtostderr", true, "Log to standard error instead of files.");
        AddSwitch("alsologtostderr", false, "Log to standard error as well as files.");
        AddSwitch("legacy-stderr-threshold-behavior", true, "How stderrthreshold and logtostderr act together.");
        AddSwitch("add-dir-header", false, "Add the source directory to messages.");
        AddSwitch("skip-headers", false, "Leave out the header of messages.");
        AddSwitch("skip-log-headers", false, "Leave out the header of log files.");
        AddSwitch("one-output", false, "Write a message only to the file of its own severity.");

        void AddText(string name, string defaultValue, string help) => flags.AddString(name, defaultValue, Group, help + NoEffect);

        void AddSwitch(string name, bool defaultValue, string help) => flags.AddBool(name, defaultValue, Group, help + NoEffect);
    }

    /// <summary>The value of <c>--v</c>.</summary>
    public int Verbosity(FlagParseResult result) => result.Get(_verbosity);
}
