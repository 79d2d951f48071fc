namespace ClusterProxy.Cli.Doctor.Report;

/// <summary>Something wrong, in a form that fits whichever check comes upon it.</summary>
/// <param name="Name">Of the kind of fault, for programs; stable.</param>
/// <param name="Cause">What was seen, with its values.</param>
/// <param name="Remedy">What to do next.</param>
internal sealed record Fault(string Name, string Cause, string Remedy)
{
    /// <summary>From the errors of the programs themselves, which say what is wrong and, behind a semicolon, what to do.</summary>
    public static Fault FromSentence(string name, string sentence)
    {
        var semicolon = sentence.LastIndexOf("; ", StringComparison.Ordinal);
        return semicolon < 0
            ? new Fault(name, sentence, "mend what the cause names")
            : new Fault(name, sentence[..semicolon], sentence[(semicolon + 2)..]);
    }
}
