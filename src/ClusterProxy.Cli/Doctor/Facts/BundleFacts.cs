using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A file of authorities.</summary>
/// <param name="File">The file.</param>
/// <param name="Bundle">Null when it cannot be used.</param>
/// <param name="Fault">Why not.</param>
internal sealed record BundleFacts(FlagFile File, CaBundle? Bundle, Fault? Fault)
{
    public static BundleFacts Read(FlagFile file)
    {
        try
        {
            return new BundleFacts(file, CaBundle.Parse(file.Read(), file.Path), null);
        }
        catch (FormatException e)
        {
            return new BundleFacts(file, null, Fault.FromSentence("bad_certificate", e.Message));
        }
        catch (StartupException e)
        {
            return new BundleFacts(file, null, Fault.FromSentence("unreadable_file", e.Message));
        }
    }
}
