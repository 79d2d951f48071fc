using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Listeners;

/// <summary>Turns what Kestrel throws when it cannot listen into the sentence an operator needs.</summary>
public static class BindFailure
{
    /// <param name="flag">The port's flag without dashes.</param>
    /// <param name="port">Its value.</param>
    /// <param name="error">What starting the server threw.</param>
    /// <returns>Null when the error is not about binding and should stay what it is.</returns>
    public static StartupException? Explain(string flag, int port, Exception error)
    {
        if (error is AddressInUseException || error.InnerException is AddressInUseException)
        {
            return new StartupException($"--{flag}={port}: the port is in use; stop the other process or choose another port", error);
        }

        var socket = error as SocketException ?? error.InnerException as SocketException;
        return socket?.SocketErrorCode switch
        {
            SocketError.AccessDenied => new StartupException(
                $"--{flag}={port}: not permitted to listen there; choose a port from 1024 up or grant CAP_NET_BIND_SERVICE", error),
            SocketError.AddressNotAvailable => new StartupException(
                $"--{flag}={port}: the bind address is not one of this machine; change the bind-address flag beside it", error),
            SocketError.AddressAlreadyInUse => new StartupException(
                $"--{flag}={port}: the port is in use; stop the other process or choose another port", error),
            null => null,
            var code => new StartupException($"--{flag}={port}: cannot listen ({code}); check the bind address and port", error),
        };
    }
}
