using System.Text;
using ClusterProxy.Kubernetes.Configuration;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>Token, password and client certificate as a kubeconfig's user holds or names them. Files are read again while we run.</summary>
internal sealed class UserCredentials : ICredentialSource
{
    private readonly Lock _gate = new();
    private readonly string? _fixedAuthorization;
    private readonly RereadText? _token;
    private readonly RereadText? _certificate;
    private readonly RereadText? _key;
    private readonly KubeConfigUser _user;
    private readonly ILogger _logger;
    private (string Certificate, string Key) _identityText;
    private ClientIdentity? _identity;

    public UserCredentials(KubeConfigUser user, TimeSpan rereadPeriod, TimeProvider time, ILogger logger)
    {
        _user = user;
        _logger = logger;
        _fixedAuthorization = user switch
        {
            { Token: { } token } => $"Bearer {token.Trim()}",
            { Username: { } name } => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Password}"))}",
            _ => null,
        };
        _token = Reread(user.TokenFile is null ? null : PemSource.FromFile(user.TokenFile));
        _certificate = Reread(user.ClientCertificate);
        _key = Reread(user.ClientKey);

        RereadText? Reread(PemSource? source) => source is null ? null : new RereadText(source, rereadPeriod, time, logger);
    }

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(new Credential(Authorization(), Identity()));

    public void Reject(Credential credential)
    {
        _token?.Expire();
        _certificate?.Expire();
        _key?.Expire();
    }

    /// <summary>As kubectl: a token file that cannot be read falls back to the token beside it.</summary>
    private string? Authorization()
    {
        if (_token is null)
        {
            return _fixedAuthorization;
        }

        try
        {
            return _token.Read().Trim() is { Length: > 0 } token ? $"Bearer {token}" : _fixedAuthorization
                ?? throw new KubeConfigException($"{_user.TokenFile}: is empty; put the token there");
        }
        catch (KubeConfigException) when (_fixedAuthorization is not null)
        {
            return _fixedAuthorization;
        }
    }

    private ClientIdentity? Identity()
    {
        if (_certificate is null || _key is null)
        {
            return null;
        }

        var text = (_certificate.Read(), _key.Read());
        lock (_gate)
        {
            if (_identity is not null && text == _identityText)
            {
                return _identity;
            }

            try
            {
                _identity = ClientIdentity.Parse(text.Item1, text.Item2, _user.ClientCertificate!.ToString());
                _identityText = text;
            }
            catch (KubeConfigException e) when (_identity is not null)
            {
                // Of the two files only one was replaced yet.
                KubernetesLog.KeptLastFile(_logger, e.Message);
            }

            return _identity;
        }
    }
}
