using System.Net.Sockets;
using System.Runtime.Versioning;
using ClusterProxy.Hosting.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Hosting.Tests.Listeners;

[UnsupportedOSPlatform("windows")]
public sealed class UnixSocketListenerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["frontend.sock"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bind_NewPath_IsForOwnerAndGroupAndRemovedOnClose()
    {
        using (var listener = UnixSocketListener.Bind("uds-name", Path, deleteExisting: true))
        {
            Assert.Equal("frontend.sock", Assert.Single(Directory.GetFileSystemEntries(_folder.Path).Select(System.IO.Path.GetFileName)));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(Path));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Dispose_PathTakenOverByANewListener_LeavesTheNewSocket()
    {
        var old = UnixSocketListener.Bind("uds-name", Path, deleteExisting: true);
        old.Socket.Listen();
        using var successor = UnixSocketListener.Bind("uds-name", Path, deleteExisting: true);
        successor.Socket.Listen();

        old.Dispose();

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(Path)).DefaultTimeout();
        using var accepted = await successor.Socket.AcceptAsync().DefaultTimeout();
        Assert.True(accepted.Connected);
    }

    [Fact]
    public void Bind_ExistingSocketWithoutLeaveToDelete_IsRefused()
    {
        using var first = UnixSocketListener.Bind("uds-name", Path, deleteExisting: true);

        var error = Assert.Throws<StartupException>(() => UnixSocketListener.Bind("uds-name", Path, deleteExisting: false));
        Assert.Contains($"--uds-name={Path}: the path exists", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Bind_FreePathWithoutLeaveToDelete_IsBound()
    {
        using var listener = UnixSocketListener.Bind("uds-name", Path, deleteExisting: false);

        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Bind_PathOfARegularFile_IsNeverReplaced()
    {
        _folder.Write("frontend.sock", "precious");

        Assert.Throws<StartupException>(() => UnixSocketListener.Bind("uds-name", Path, deleteExisting: true));
        Assert.Equal("precious", File.ReadAllText(Path));
    }

    [Theory]
    [InlineData(107)]
    [InlineData(103)]
    public void Bind_PathAsLongAsTheSystemTakes_IsBound(int length)
    {
        var path = _folder[new string('x', length - _folder.Path.Length - 1)];
        Assert.Equal(length, path.Length);

        using var listener = UnixSocketListener.Bind("uds-name", path, deleteExisting: true);

        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Bind_WhereNoOtherNameIsFree_IsNotUnderTheFinalOne()
    {
        foreach (var taken in "bcdefghijklmnopqrstuvwxyz0123456789")
        {
            _folder.Write($"{taken}", "");
        }

        var error = Assert.Throws<StartupException>(() => UnixSocketListener.Bind("uds-name", _folder["a"], deleteExisting: true));

        Assert.Contains("choose a longer one", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["a"]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("f")]
    public void Bind_ShortName_TakesTheLiveSocketsPlace(string name)
    {
        var listener = UnixSocketListener.Bind("uds-name", _folder[name], deleteExisting: true);
        for (var i = 0; i < 200; i++)
        {
            var next = UnixSocketListener.Bind("uds-name", _folder[name], deleteExisting: true);
            listener.Dispose();
            listener = next;
        }

        Assert.Equal([_folder[name]], Directory.GetFileSystemEntries(_folder.Path));
        listener.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Bind_PathTooLong_SaysByHowMuch()
    {
        var error = Assert.Throws<StartupException>(() => UnixSocketListener.Bind("uds-name", "/tmp/" + new string('x', 120), deleteExisting: true));
        Assert.Contains("too long for a Unix socket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_AbsentDirectory_NamesThePath()
    {
        var path = _folder["absent/frontend.sock"];

        var error = Assert.Throws<StartupException>(() => UnixSocketListener.Bind("uds-name", path, deleteExisting: true));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_GivenToKestrel_ServesAndIsCleanedUp()
    {
        using (var listener = UnixSocketListener.Bind("uds-name", Path, deleteExisting: true))
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore()
                .UseSockets(sockets => sockets.CreateBoundListenSocket = _ => listener.Socket)
                .ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Path));
            await using var app = builder.Build();
            app.Run(context => context.Response.WriteAsync("served"));
            await app.StartAsync().DefaultTimeout();

            using var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            };
            using var http = new HttpClient(handler);
            Assert.Equal("served", await http.GetStringAsync("http://localhost/").DefaultTimeout());
            await app.StopAsync().DefaultTimeout();
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }
}
