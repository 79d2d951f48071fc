using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Hosting.Flags;

/// <summary>A flag whose value is one of a few words.</summary>
public static class ChoiceFlagType
{
    /// <param name="choices">Words and what they stand for, in the order in which errors list them.</param>
    public static FlagType<T> Of<T>(params (string Word, T Value)[] choices)
        where T : notnull
    {
        var words = choices.Where(choice => choice.Word.Length > 0).Select(choice => choice.Word);
        return new("string", TryParse, Format, $"is none of the known values: write {Alternatives.Join([.. words])}");

        bool TryParse(string text, [MaybeNullWhen(false)] out T value)
        {
            foreach (var choice in choices)
            {
                if (string.Equals(choice.Word, text, StringComparison.Ordinal))
                {
                    value = choice.Value;
                    return true;
                }
            }

            value = default;
            return false;
        }

        string Format(T value) => choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word;
    }
}
