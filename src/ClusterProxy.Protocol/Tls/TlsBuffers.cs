using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;

namespace ClusterProxy.Protocol.Tls;

/// <summary>
/// Lets OpenSSL give up the buffers of a connection that waits: by default each keeps 16 KiB a direction from its handshake to its
/// end, a third of what an idle tunnel costs. <see cref="SslStream"/> has no setting for it, so the mode is set on its handle.
/// Where that is not to be had, on another system or with another .NET, the buffers stay and nothing else changes.
/// </summary>
internal static class TlsBuffers
{
    /// <summary>SSL_CTRL_MODE and SSL_MODE_RELEASE_BUFFERS of openssl/ssl.h.</summary>
    private const int ControlMode = 33;
    private const nint ReleaseBuffers = 0x10;

    /// <summary>Holds a handle whose value is OpenSSL's <c>SSL*</c>.</summary>
    private static readonly FieldInfo? Context =
        typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic);

    /// <summary>Call it after the handshake, while nothing is read or written.</summary>
    /// <returns>Whether the buffers will be released.</returns>
    public static bool ReleaseWhenIdle(SslStream tls)
    {
        if (!OperatingSystem.IsLinux() || Context?.GetValue(tls) is not SafeHandle { IsInvalid: false } handle)
        {
            return false;
        }

        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return (Control(handle.DangerousGetHandle(), ControlMode, ReleaseBuffers, 0) & ReleaseBuffers) != 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>Of the library that .NET has loaded: it looks for the same name.</summary>
    [DllImport("libssl.so.3", EntryPoint = "SSL_ctrl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(nint ssl, int command, nint argument, nint pointer);
}
