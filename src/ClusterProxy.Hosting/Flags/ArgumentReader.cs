namespace ClusterProxy.Hosting.Flags;

/// <summary>Reads one command line from left to right; the first fault ends it.</summary>
internal sealed class ArgumentReader(FlagSet flags, IReadOnlyList<string> args, Func<string, string?> environment)
{
    private readonly Dictionary<Flag, object> _values = [];
    private int _at;
    private Flag? _lastSwitch;

    public FlagParseResult Read()
    {
        while (_at < args.Count)
        {
            var argument = args[_at++];
            var error = argument switch
            {
                "--" => _at < args.Count ? Positional(args[_at]) : null,
                ['-', '-', ..] => ReadLong(argument[2..]),
                ['-', _, ..] => ReadShort(argument[1..]),
                _ => Positional(argument),
            };
            if (error is not null)
            {
                return Failed(error);
            }

            if (IsOn(flags.HelpFlag))
            {
                return Ended(FlagParseOutcome.HelpRequested, FlagHelp.Format(flags));
            }
        }

        if (IsOn(flags.VersionFlag))
        {
            return Ended(FlagParseOutcome.VersionRequested, $"{flags.Program} {flags.Version}");
        }

        return ReadEnvironment() is { } fault ? Failed(fault) : new FlagParseResult(FlagParseOutcome.Parsed, "", _values);
    }

    private bool IsOn(Flag flag) => _values.GetValueOrDefault(flag) is true;

    private string? ReadLong(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = (equals < 0 ? argument : argument[..equals]).Replace('_', '-');
        if (flags.Find(name) is not { } flag)
        {
            return Unknown(name);
        }

        return equals >= 0 ? Set(flag, $"--{name}", argument[(equals + 1)..]) : SetFromNext(flag, $"--{name}");
    }

    /// <summary>Letters after one hyphen: switches may be joined, and the rest behind a letter with a value is its value.</summary>
    private string? ReadShort(string letters)
    {
        for (var i = 0; i < letters.Length; i++)
        {
            if (flags.Find(letters[i]) is not { } flag)
            {
                return UnknownShort(letters);
            }

            var shown = $"-{letters[i]}";
            var rest = letters[(i + 1)..];
            if (rest is ['=', ..])
            {
                return Set(flag, shown, rest[1..]);
            }

            if (flag.BareValue is null && rest.Length > 0)
            {
                return Set(flag, shown, rest);
            }

            if (SetFromNext(flag, shown) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private string? SetFromNext(Flag flag, string shown)
    {
        if (flag.BareValue is { } bare)
        {
            var error = Set(flag, shown, bare);
            _lastSwitch = flag;
            return error;
        }

        return _at < args.Count
            ? Set(flag, shown, args[_at++])
            : $"flag {shown} needs a value: write {shown}=<{flag.Placeholder}>";
    }

    private string? Set(Flag flag, string shown, string text)
    {
        _lastSwitch = null;
        if (!flag.TryParse(text, _values.GetValueOrDefault(flag), out var value))
        {
            return $"flag {shown}: \"{flag.FindRefused(text)}\" {flag.Mismatch}";
        }

        _values[flag] = value!;
        return null;
    }

    private string? ReadEnvironment()
    {
        foreach (var flag in flags.Flags.Where(flag => flag.EnvironmentVariable is not null && !_values.ContainsKey(flag)))
        {
            var text = environment(flag.EnvironmentVariable!);
            if (!string.IsNullOrEmpty(text)
                && Set(flag, $"--{flag.Name} from environment variable {flag.EnvironmentVariable}", text) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private string Unknown(string name) =>
        NearestName.Find(name, flags.Flags.Select(flag => flag.Name)) is { } nearest
            ? $"unknown flag --{name}: did you mean --{nearest}?"
            : $"unknown flag --{name}: {flags.Program} --help lists the flags there are";

    private string UnknownShort(string letters)
    {
        var name = letters.Split('=', 2)[0].Replace('_', '-');
        return flags.Find(name) is not null
            ? $"unknown flag -{letters}: write --{letters} with two hyphens"
            : $"unknown flag -{letters}: {flags.Program} --help lists the flags there are";
    }

    private string Positional(string argument) =>
        _lastSwitch is { } flag && GoBoolean.TryParse(argument, out _)
            ? $"unexpected argument \"{argument}\": a boolean takes its value with an equals sign, write --{flag.Name}={argument}"
            : $"unexpected argument \"{argument}\": {flags.Program} takes flags only, remove it or put the flag's name before it";

    private FlagParseResult Failed(string error) => Ended(FlagParseOutcome.Failed, error);

    private FlagParseResult Ended(FlagParseOutcome outcome, string text) => new(outcome, text, _values);
}
