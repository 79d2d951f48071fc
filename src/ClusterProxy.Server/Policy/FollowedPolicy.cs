using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Server.Policy;

/// <summary>The frontend policy's file, taken up anew when it changes.</summary>
internal static class FollowedPolicy
{
    /// <param name="path">Of the file.</param>
    /// <param name="metrics">Counts changes.</param>
    /// <param name="logger">Told of them.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The policy, and what follows it, for the caller to dispose.</returns>
    /// <exception cref="StartupException">The file cannot be used now.</exception>
    public static (ReloadingFile<FrontendPolicy> File, FileReloader Reloader) Start(
        string path, ServerMetrics metrics, ILogger logger, TimeProvider time)
    {
        var file = FrontendPolicyFile.Load(new("frontend-policy", path));
        var reloader = new FileReloader(logger, time);
        foreach (var outcome in ReloadOutcomeNames.Told)
        {
            metrics.PolicyReloaded(outcome, count: 0);
        }

        reloader.Add(file, outcome =>
        {
            if (outcome == ReloadOutcome.Reloaded)
            {
                logger.PolicyReloaded(path, file.Value.Rules.Count);
            }
            else if (outcome == ReloadOutcome.Refused)
            {
                logger.PolicyRefused(path, file.Refusal);
            }

            // Last: whoever sees the count finds the rest done.
            metrics.PolicyReloaded(outcome);
        });
        reloader.Start();
        return (file, reloader);
    }
}
