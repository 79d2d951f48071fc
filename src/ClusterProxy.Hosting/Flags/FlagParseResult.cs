namespace ClusterProxy.Hosting.Flags;

/// <summary>What a command line said: either values, or a text and the exit code to end with.</summary>
public sealed class FlagParseResult
{
    private readonly IReadOnlyDictionary<Flag, object> _values;

    internal FlagParseResult(FlagParseOutcome outcome, string text, IReadOnlyDictionary<Flag, object> values)
    {
        Outcome = outcome;
        Text = text;
        _values = values;
    }

    public FlagParseOutcome Outcome { get; }

    /// <summary>Help or version for standard output, or the one-sentence error for standard error; empty when parsed.</summary>
    public string Text { get; }

    public int ExitCode => Outcome == FlagParseOutcome.Failed ? 1 : 0;

    /// <summary>The value from the command line, else from the environment, else the default.</summary>
    public T Get<T>(Flag<T> flag)
        where T : notnull => _values.TryGetValue(flag, out var value) ? (T)value : flag.Default;

    /// <summary>Whether the command line or the environment gave a value.</summary>
    public bool IsSet(Flag flag) => _values.ContainsKey(flag);

    /// <summary>Makes options of the values and checks them; every error is told, not only the first.</summary>
    /// <param name="bind">Makes options of the values.</param>
    /// <param name="validate">Gives one sentence for each thing that is wrong.</param>
    public CommandLineResult<TOptions> ToCommandLine<TOptions>(
        Func<FlagParseResult, TOptions> bind, Func<TOptions, IReadOnlyList<string>> validate)
        where TOptions : class
    {
        if (Outcome != FlagParseOutcome.Parsed)
        {
            return new CommandLineResult<TOptions>(null, Text, ExitCode);
        }

        var options = bind(this);
        var errors = validate(options);
        return errors.Count == 0
            ? new CommandLineResult<TOptions>(options, "", 0)
            : new CommandLineResult<TOptions>(null, string.Join('\n', errors), 1);
    }
}
