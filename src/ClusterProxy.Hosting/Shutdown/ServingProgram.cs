using ClusterProxy.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Shutdown;

/// <summary>What programs that serve until a signal do alike.</summary>
public static class ServingProgram
{
    /// <summary>
    /// Runs one with its log on standard error. The exit code is 0, also for a signal that comes while it starts, and 1 for a start that
    /// fails, whose one sentence is printed.
    /// </summary>
    /// <param name="verbosity">Of the log, as <c>--v</c> gives it.</param>
    /// <param name="serveAsync">Starts, waits for the signal, and ends in good order.</param>
    public static async Task<int> RunAsync(int verbosity, Func<ILoggerFactory, TerminationSignals, Task> serveAsync)
    {
        await using var signals = TerminationSignals.Listen();
        using var logging = LoggerFactory.Create(builder => builder.AddStandardError(verbosity));
        try
        {
            await serveAsync(logging, signals);
            return 0;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return 0;
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
