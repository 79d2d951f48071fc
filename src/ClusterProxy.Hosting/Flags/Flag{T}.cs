namespace ClusterProxy.Hosting.Flags;

/// <summary>A declared flag: the key with which a <see cref="FlagParseResult"/> is asked for its value.</summary>
public sealed class Flag<T> : Flag
    where T : notnull
{
    private readonly FlagType<T> _type;

    internal Flag(string name, T defaultValue, string group, string help, FlagType<T> type)
        : base(name, group, help)
    {
        Default = defaultValue;
        _type = type;
    }

    public T Default { get; }

    /// <summary>Shown instead of <see cref="Default"/> where the default is computed, such as a random id.</summary>
    public string? DefaultDescription { get; internal init; }

    public override string DefaultText => DefaultDescription ?? _type.Format(Default);

    internal override string Placeholder => _type.Placeholder;

    internal override string? BareValue => _type.BareValue;

    internal override string Mismatch => _type.Mismatch;

    internal override string FindRefused(string text) => _type.FindRefused(text);

    internal override bool TryParse(string text, object? previous, out object? value)
    {
        if (!_type.TryParse(text, out var parsed))
        {
            value = null;
            return false;
        }

        value = previous is T earlier && _type.Combine is { } combine ? combine(earlier, parsed) : parsed;
        return true;
    }
}
