using System.CommandLine;
using System.Net.Sockets;
using ClusterProxy.Client;
using ClusterProxy.Hosting;

namespace ClusterProxy.Cli;

/// <summary>Runs a command's work and turns the failures that a user can mend into one line and an exit code.</summary>
internal static class FailingAction
{
    public static async Task<int> RunAsync(ParseResult parsed, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (ArgumentException e) when (e is not ArgumentNullException)
        {
            // The address of the server is only understood where it is used.
            await WriteAsync(parsed, e.Message);
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is StartupException or TunnelConnectException or IOException or UnauthorizedAccessException or SocketException)
        {
            await WriteAsync(parsed, e.Message);
            return ExitCodes.Failure;
        }
    }

    public static Task WriteAsync(ParseResult parsed, string message) =>
        parsed.InvocationConfiguration.Error.WriteLineAsync($"clusterproxy: {message}");
}
