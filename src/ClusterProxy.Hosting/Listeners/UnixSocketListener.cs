using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ClusterProxy.Hosting.Listeners;

/// <summary>
/// A Unix socket that can be handed over without a gap. It is bound under a temporary name in the same directory, made reachable for
/// owner and group only, and renamed over the final path, so the path leads to a listener at every moment of an overlapping restart.
/// On close the path is removed only if it still leads to this socket.
/// <para>Give it to Kestrel with <c>SocketTransportOptions.CreateBoundListenSocket = _ =&gt; listener.Socket</c> and dispose this
/// after the server has stopped.</para>
/// </summary>
public sealed class UnixSocketListener : IDisposable
{
    /// <summary>sun_path is 108 bytes with its terminating zero.</summary>
    private const int MaxPathBytes = 107;

    private const string NameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Of temporary names.</summary>
    private const int MaxTries = 1000;

    private const UnixFileMode OwnerAndGroup =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly UnixSocketIdentity? _identity;

    private UnixSocketListener(Socket socket, string path, UnixSocketIdentity? identity)
    {
        Socket = socket;
        Path = path;
        _identity = identity;
    }

    /// <summary>Bound, not yet listening.</summary>
    public Socket Socket { get; }

    public string Path { get; }

    /// <param name="flag">The path's flag without dashes, for error texts.</param>
    /// <param name="path">Where frontends connect.</param>
    /// <param name="deleteExisting">False refuses a path that exists, live or not.</param>
    /// <exception cref="StartupException">The path is too long, taken, or cannot be created.</exception>
    public static UnixSocketListener Bind(string flag, string path, bool deleteExisting)
    {
        var excess = Encoding.UTF8.GetByteCount(path) - MaxPathBytes;
        if (excess > 0)
        {
            throw new StartupException(
                $"--{flag}={path}: the path is {excess} bytes too long for a Unix socket (at most {MaxPathBytes}); choose a shorter one");
        }

        var temporary = TemporaryPath(flag, path);
        RefuseTakenPath(flag, path, deleteExisting);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, OwnerAndGroup);
            }

            var identity = UnixSocketIdentity.Of(temporary);
            File.Move(temporary, path, overwrite: deleteExisting);
            return new UnixSocketListener(socket, path, identity);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            throw new StartupException(
                $"--{flag}={path}: cannot create the socket ({e.Message}); check that the directory exists and is writable", e);
        }
    }

    public void Dispose()
    {
        Socket.Dispose();
        if (_identity is { } ours && UnixSocketIdentity.Of(Path) == ours)
        {
            File.Delete(Path);
        }
    }

    /// <summary>No longer than the path that it stands for, which may be as long as it can be.</summary>
    private static string TemporaryPath(string flag, string path)
    {
        var name = System.IO.Path.GetFileName(path);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var temporary = path[..^name.Length] + RandomNumberGenerator.GetString(NameCharacters, Math.Clamp(name.Length, 1, 8));
            if (temporary != path && !System.IO.Path.Exists(temporary))
            {
                return temporary;
            }
        }

        throw new StartupException($"--{flag}={path}: there is no other name of its length free in its directory; choose a longer one");
    }

    private static void RefuseTakenPath(string flag, string path, bool deleteExisting)
    {
        if (UnixSocketIdentity.Of(path) is not { } existing)
        {
            return;
        }

        if (!deleteExisting)
        {
            throw new StartupException($"--{flag}={path}: the path exists; remove it or allow that with --delete-existing-uds-file=true");
        }

        if (!existing.IsSocket)
        {
            throw new StartupException($"--{flag}={path}: the path exists and is no socket, so it is not replaced; choose another path");
        }
    }
}
