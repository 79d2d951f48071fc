using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Hosting.Validation;

/// <summary>Collects what is wrong with options, one sentence each: which flag, which value, what to do.</summary>
public sealed class OptionErrors
{
    private readonly List<string> _sentences = [];

    public IReadOnlyList<string> Sentences => _sentences;

    public void Add(string sentence) => _sentences.Add(sentence);

    public void AddIf(bool wrong, string sentence)
    {
        if (wrong)
        {
            _sentences.Add(sentence);
        }
    }

    public void Range(string flag, int value, int least, int most) =>
        AddIf(value < least || value > most, $"flag --{flag}: {value} is out of range: write a number from {least} to {most}");

    public void AtLeast(string flag, long value, long least) =>
        AddIf(value < least, $"flag --{flag}: {value} is too small: write {least} or more");

    public void NotNegative(string flag, TimeSpan value) =>
        AddIf(value < TimeSpan.Zero, $"flag --{flag}: {GoDuration.Format(value)} is negative: write 0 or more, such as 30s");

    public void Positive(string flag, TimeSpan value) =>
        AddIf(value <= TimeSpan.Zero, $"flag --{flag}: {GoDuration.Format(value)} is too short: write more than 0, such as 10s");

    public void NeverOr(string flag, TimeSpan value, TimeSpan least, TimeSpan most) => AddIf(
        value != TimeSpan.Zero && (value < least || value > most),
        $"flag --{flag}: {GoDuration.Format(value)} is out of range: write 0 for never, or from {GoDuration.Format(least)} to "
        + $"{GoDuration.Format(most)}");

    /// <summary>Two files that are one thing, such as a certificate and its key.</summary>
    public void BothOrNeither(string flag, string value, string otherFlag, string otherValue)
    {
        if ((value.Length == 0) != (otherValue.Length == 0))
        {
            var (given, path, missing) = value.Length > 0 ? (flag, value, otherFlag) : (otherFlag, otherValue, flag);
            Add($"flag --{given} is \"{path}\" but --{missing} is empty: give both or neither");
        }
    }

    /// <summary>An empty path is no file and no error.</summary>
    public void Readable(string flag, string path)
    {
        if (path.Length == 0)
        {
            return;
        }

        try
        {
            using var opened = File.OpenRead(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            Add($"flag --{flag}: there is no file \"{path}\": correct the path or create the file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Add(Directory.Exists(path)
                ? $"flag --{flag}: \"{path}\" is a directory: write the path of a file in it"
                : $"flag --{flag}: file \"{path}\" cannot be read ({e.Message.TrimEnd('.')}): give this process read access to it");
        }
    }
}
