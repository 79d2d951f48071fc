namespace ClusterProxy.Hosting.Flags;

/// <summary>
/// The flags of one program, with the syntax of Go's pflag: a drop-in must accept command lines written for upstream's
/// binaries letter by letter. Declaration order is the order of <c>--help</c>.
/// </summary>
public sealed class FlagSet
{
    private const string OwnGroup = "Help";

    private readonly List<Flag> _declared = [];
    private readonly Dictionary<string, Flag> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<char, Flag> _byShorthand = [];

    /// <param name="program">The name a user types.</param>
    /// <param name="summary">The first lines of <c>--help</c>.</param>
    /// <param name="version">What <c>--version</c> prints behind the name.</param>
    public FlagSet(string program, string summary, string version)
    {
        Program = program;
        Summary = summary;
        Version = version;
        HelpFlag = Register(new Flag<bool>("help", false, OwnGroup, "Print this text and exit.", FlagTypes.Switch)
        {
            Shorthand = 'h',
        });
        VersionFlag = Register(new Flag<bool>("version", false, OwnGroup, "Print the version and exit.", FlagTypes.Switch));
    }

    /// <summary>Every flag but aliases; <c>--help</c> and <c>--version</c> come last.</summary>
    public IEnumerable<Flag> Flags => _declared.Append(HelpFlag).Append(VersionFlag);

    internal string Program { get; }

    internal string Summary { get; }

    internal string Version { get; }

    internal Flag<bool> HelpFlag { get; }

    internal Flag<bool> VersionFlag { get; }

    public Flag<bool> AddBool(string name, bool defaultValue, string group, string help) =>
        Add(new Flag<bool>(name, defaultValue, group, help, FlagTypes.Switch));

    public Flag<int> AddInt(string name, int defaultValue, string group, string help, char? shorthand = null) =>
        Add(new Flag<int>(name, defaultValue, group, help, FlagTypes.Integer) { Shorthand = shorthand });

    public Flag<long> AddLong(string name, long defaultValue, string group, string help) =>
        Add(new Flag<long>(name, defaultValue, group, help, FlagTypes.LongInteger));

    public Flag<TimeSpan> AddDuration(string name, TimeSpan defaultValue, string group, string help) =>
        Add(new Flag<TimeSpan>(name, defaultValue, group, help, FlagTypes.Duration));

    /// <summary>A duration that is waited for: 500h for all that is longer, since the platform's timers end at 1193h, its sockets' at 596h.</summary>
    public Flag<TimeSpan> AddTimer(string name, TimeSpan defaultValue, string group, string help) =>
        Add(new Flag<TimeSpan>(name, defaultValue, group, help, FlagTypes.Timer));

    /// <param name="name">Without hyphens in front.</param>
    /// <param name="defaultValue">The value when neither flag nor environment gives one.</param>
    /// <param name="group">Heading in <c>--help</c>.</param>
    /// <param name="help">One or two sentences.</param>
    /// <param name="environmentVariable">Gives the value when the flag is absent.</param>
    /// <param name="defaultDescription">Printed as the default where it is computed.</param>
    public Flag<string> AddString(
        string name,
        string defaultValue,
        string group,
        string help,
        string? environmentVariable = null,
        string? defaultDescription = null) =>
        Add(new Flag<string>(name, defaultValue, group, help, FlagTypes.Text)
        {
            EnvironmentVariable = environmentVariable,
            DefaultDescription = defaultDescription,
        });

    /// <summary>A comma list; the first occurrence replaces the default, each further one adds to it.</summary>
    public Flag<IReadOnlyList<string>> AddStringList(
        string name, IReadOnlyList<string> defaultValue, string group, string help) =>
        Add(new Flag<IReadOnlyList<string>>(name, defaultValue, group, help, FlagTypes.List));

    public Flag<float> AddFloat(string name, float defaultValue, string group, string help) =>
        Add(new Flag<float>(name, defaultValue, group, help, FlagTypes.Float));

    /// <summary>A value with a syntax of its own.</summary>
    public Flag<T> AddParsed<T>(string name, T defaultValue, string group, string help, FlagType<T> type)
        where T : notnull =>
        Add(new Flag<T>(name, defaultValue, group, help, type));

    /// <summary>A comma list, repeatable, of values with a syntax of their own.</summary>
    public Flag<IReadOnlyList<T>> AddParsedList<T>(
        string name, IReadOnlyList<T> defaultValue, string group, string help, FlagType<T> item)
        where T : notnull =>
        Add(new Flag<IReadOnlyList<T>>(name, defaultValue, group, help, ListFlagType.Of(item)));

    /// <summary>A second name for a flag, accepted and left out of <c>--help</c>.</summary>
    public void AddAlias(string name, Flag flag) => _byName.Add(name, flag);

    /// <param name="args">Without the program's own name.</param>
    /// <param name="environment">Reads a variable; null when it is not set.</param>
    public FlagParseResult Parse(IReadOnlyList<string> args, Func<string, string?> environment) =>
        new ArgumentReader(this, args, environment).Read();

    internal Flag? Find(string name) => _byName.GetValueOrDefault(name);

    internal Flag? Find(char shorthand) => _byShorthand.GetValueOrDefault(shorthand);

    private Flag<T> Add<T>(Flag<T> flag)
        where T : notnull
    {
        _declared.Add(flag);
        return Register(flag);
    }

    private Flag<T> Register<T>(Flag<T> flag)
        where T : notnull
    {
        _byName.Add(flag.Name, flag);
        if (flag.Shorthand is { } shorthand)
        {
            _byShorthand.Add(shorthand, flag);
        }

        return flag;
    }
}
