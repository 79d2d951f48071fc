using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Where a fault is arranged: the hub in good order, and what a fault needs beside it, all gone on dispose.</summary>
public sealed class FaultBench(Hub hub) : IAsyncDisposable
{
    private readonly Stack<object> _kept = [];
    private readonly TemporaryDirectory _directory = new();

    public Hub Hub => hub;

    /// <summary>Texts that cause or remedy must name.</summary>
    public List<string> Expected { get; } = [];

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public T Keep<T>(T thing)
        where T : notnull
    {
        _kept.Push(thing);
        return thing;
    }

    /// <param name="text">Which value the finding must name.</param>
    public T Expect<T>(T text)
        where T : notnull
    {
        Expected.Add(text.ToString()!);
        return text;
    }

    public string Write(string name, string text)
    {
        var file = _directory.File(name);
        File.WriteAllText(file, text);
        return file;
    }

    public string Folder(string name) => Directory.CreateDirectory(_directory.File(name)).FullName;

    /// <summary>A certificate with other properties than the kit's.</summary>
    public TestCertificate Save(IssuedCertificate leaf)
    {
        var name = RandomNumberGenerator.GetHexString(8);
        return Hub.Guarded(new TestCertificate(
            Keep(leaf).Certificate, Write($"{name}.crt", leaf.ExportCertificatePem()), Write($"{name}.key", leaf.ExportKeyPem())));
    }

    public static CertificateProfile Serving(params string[] hosts) =>
        new() { CommonName = "faulty-server", Hosts = hosts is [] ? ["localhost", "127.0.0.1"] : hosts };

    /// <summary>The options of a frontend to a listener that shows this certificate.</summary>
    public string[] Listen(X509Certificate2 certificate, string? ca = null) => ListenAt(certificate, "127.0.0.1", ca);

    public string[] ListenAt(X509Certificate2 certificate, string host, string? ca = null) =>
        ["--server", $"https://{host}:{Keep(new TlsListener(certificate)).Port}", "--ca", ca ?? hub.Frontends.AuthorityFile, .. Hub.Pair(hub.Cli)];

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in _kept)
        {
            switch (thing)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync().DefaultTimeout();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }

        _directory.Dispose();
    }
}
