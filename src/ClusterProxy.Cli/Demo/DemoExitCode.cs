namespace ClusterProxy.Cli.Demo;

internal static class DemoExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;

    /// <summary>As shells report a program that Ctrl-C ended.</summary>
    public const int Interrupted = 130;
}
