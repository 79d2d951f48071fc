using System.Text.Json;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>
/// A directory of one gateway without Kubernetes: <c>authority.json</c> with the keys, mode 0600, and <c>ca.crt</c>, which clients are
/// given. Both are replaced in one step.
/// </summary>
internal sealed class FolderAuthorityStore(string directory) : IAuthorityStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _state = Path.Combine(directory, "authority.json");
    private readonly string _bundle = Path.Combine(directory, "ca.crt");
    private string _read = "";

    public async Task<AuthorityState?> ReadAsync(CancellationToken cancellationToken)
    {
        _read = File.Exists(_state) ? await File.ReadAllTextAsync(_state, cancellationToken) : "";
        try
        {
            return _read.Length > 0 ? JsonSerializer.Deserialize(_read, AuthorityJson.Default.AuthorityState) : null;
        }
        catch (JsonException e)
        {
            throw new InvalidAuthorityException($"{_state}: no authority can be read from it ({e.Message}); delete it, and give clients the new ca.crt", e);
        }
    }

    public async Task<bool> TryWriteAsync(AuthorityState state, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        if (_read != (File.Exists(_state) ? await File.ReadAllTextAsync(_state, cancellationToken) : ""))
        {
            return false;
        }

        var text = JsonSerializer.Serialize(state, AuthorityJson.Default.AuthorityState);
        await ReplaceAsync(_state, text, OwnerOnly, cancellationToken);
        await ReplaceAsync(_bundle, state.Bundle, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead, cancellationToken);
        _read = text;
        return true;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task ReplaceAsync(string path, string text, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var unfinished = $"{path}.tmp";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        await using (var writer = new StreamWriter(unfinished, options))
        {
            await writer.WriteAsync(text.AsMemory(), cancellationToken);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
