using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;

namespace ClusterProxy.Protocol.Tls;

/// <summary>
/// Lets OpenSSL give up the buffers of a connection that waits: by default each keeps 16 KiB a direction from its handshake to its
/// end, a third of what an idle tunnel costs. <see cref="SslStream"/> has no setting for it, so the mode is set on its handle.
/// The two through which its bytes go in and out still have the size of the handshake's certificates and give it up, too.
/// Where that is not to be had, on another system or with another .NET, the buffers stay and nothing else changes.
/// </summary>
internal static class TlsBuffers
{
    /// <summary>SSL_CTRL_MODE and SSL_MODE_RELEASE_BUFFERS of openssl/ssl.h.</summary>
    private const int ControlMode = 33;
    private const nint ReleaseBuffers = 0x10;

    /// <summary>BIO_TYPE_MEM, BIO_C_SET_BUF_MEM and BIO_CLOSE of openssl/bio.h.</summary>
    private const int MemoryBio = 0x401;
    private const int SetBuffer = 114;
    private const nint Owned = 1;

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
            var ssl = handle.DangerousGetHandle();
            Empty(ReadBio(ssl));
            Empty(WriteBio(ssl));
            return (Control(ssl, ControlMode, ReleaseBuffers, 0) & ReleaseBuffers) != 0;
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

    /// <summary>Gives it a new buffer, which grows with what comes, if nothing is left in the old one.</summary>
    private static void Empty(nint bio)
    {
        if (bio != 0 && BioType(bio) == MemoryBio && BioPending(bio) == 0 && NewBuffer() is not 0 and var buffer)
        {
            BioControl(bio, SetBuffer, Owned, buffer);
        }
    }

    /// <summary>Of the library that .NET has loaded: it looks for the same name.</summary>
    [DllImport("libssl.so.3", EntryPoint = "SSL_ctrl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(nint ssl, int command, nint argument, nint pointer);

    [DllImport("libssl.so.3", EntryPoint = "SSL_get_rbio")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint ReadBio(nint ssl);

    [DllImport("libssl.so.3", EntryPoint = "SSL_get_wbio")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint WriteBio(nint ssl);

    [DllImport("libcrypto.so.3", EntryPoint = "BIO_method_type")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int BioType(nint bio);

    [DllImport("libcrypto.so.3", EntryPoint = "BIO_ctrl_pending")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint BioPending(nint bio);

    [DllImport("libcrypto.so.3", EntryPoint = "BIO_ctrl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint BioControl(nint bio, int command, nint argument, nint pointer);

    [DllImport("libcrypto.so.3", EntryPoint = "BUF_MEM_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint NewBuffer();
}
