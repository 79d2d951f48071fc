namespace ClusterProxy.Hosting.Reloading;

/// <summary>What is known of a <see cref="ReloadingFile{T}"/> without knowing what it is read as.</summary>
public abstract class ReloadingFile
{
    private protected ReloadingFile(IReadOnlyList<FlagFile> files) => Files = files;

    public IReadOnlyList<FlagFile> Files { get; }

    /// <summary>Why the content was refused that was looked at last; empty when it was not.</summary>
    public abstract string Refusal { get; }

    /// <summary>What was thrown at the content that <see cref="Refusal"/> tells of, when that was nothing a bad content should cause.</summary>
    internal abstract Exception? Defect { get; }

    /// <summary>Reads the files and takes up what they hold if it is new and good.</summary>
    public ReloadOutcome Check() => Read()();

    /// <summary>The two halves of <see cref="Check"/>: reads, which may take as long as a disk likes, and gives what does the rest.</summary>
    internal abstract Func<ReloadOutcome> Read();

    public override string ToString() => string.Join(" ", Files);
}
