using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>A loaded file of certificates, and what has been said about its end.</summary>
/// <param name="Plane">Label: whom it faces.</param>
/// <param name="Role">Label: <c>serving</c>, <c>client</c> or <c>ca</c>.</param>
/// <param name="Name">For people, with its flag and path.</param>
/// <param name="Validity">Of what is in use.</param>
internal sealed record WatchedCertificate(string Plane, string Role, string Name, Func<Validity> Validity)
{
    private DateTimeOffset _saidSoon;
    private DateTimeOffset _saidOver;

    /// <summary>Null while the end is far.</summary>
    public string? Warning(DateTimeOffset now, TimeSpan notice)
    {
        var validity = Validity();
        return now >= validity.End ? $"{Name} expired at {validity.End:u}"
            : now >= validity.WarnFrom(notice) ? $"{Name} expires at {validity.End:u}"
            : null;
    }

    /// <summary>Says each thing once a certificate.</summary>
    public void Log(ILogger logger, DateTimeOffset now, TimeSpan notice)
    {
        var validity = Validity();
        if (now >= validity.End && _saidOver != validity.End)
        {
            _saidSoon = _saidOver = validity.End;
            HostingLog.CertificateExpired(logger, Name, validity.End);
        }
        else if (now >= validity.WarnFrom(notice) && _saidSoon != validity.End)
        {
            _saidSoon = validity.End;
            HostingLog.CertificateExpiresSoon(logger, Name, validity.End);
        }
    }
}
