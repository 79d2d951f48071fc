namespace ClusterProxy.Hosting.Flags;

/// <summary>What is known of a flag without knowing the type of its value.</summary>
public abstract class Flag
{
    private protected Flag(string name, string group, string help)
    {
        Name = name;
        Group = group;
        Help = help;
    }

    /// <summary>Without the leading hyphens, words joined by hyphens.</summary>
    public string Name { get; }

    /// <summary>Heading under which <c>--help</c> lists the flag.</summary>
    public string Group { get; }

    public string Help { get; }

    /// <summary>The one-letter form, such as <c>v</c> for <c>-v 4</c>.</summary>
    public char? Shorthand { get; internal init; }

    /// <summary>Variable that gives the value when the flag is not on the command line; an empty variable counts as absent.</summary>
    public string? EnvironmentVariable { get; internal init; }

    /// <summary>The default as <c>--help</c> prints it; empty when there is nothing to say.</summary>
    public abstract string DefaultText { get; }

    internal abstract string Placeholder { get; }

    /// <summary>The value of a flag that stands alone; null when the flag needs one.</summary>
    internal abstract string? BareValue { get; }

    /// <summary>What a refused value is not, and how to write it.</summary>
    internal abstract string Mismatch { get; }

    /// <summary>The part of a text that made <see cref="TryParse"/> refuse it.</summary>
    internal abstract string FindRefused(string text);

    internal abstract bool TryParse(string text, object? previous, out object? value);
}
