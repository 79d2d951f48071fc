using System.CommandLine;
using System.CommandLine.Parsing;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>As whom kubectl asks: a kubeconfig's user, or files. Files are named and not copied, so that renewed ones are used.</summary>
internal sealed class UserOptions
{
    private readonly Option<string?> _user = new("--user") { Description = "A user of the kubeconfig", HelpName = "name" };
    private readonly Option<string?> _token = new("--token-file") { Description = "File with a bearer token", HelpName = "file" };
    private readonly Option<string?> _certificate = new("--client-certificate") { Description = "PEM client certificate", HelpName = "file" };
    private readonly Option<string?> _key = new("--client-key") { Description = "PEM key of the client certificate", HelpName = "file" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_user, _token, _certificate, _key])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(Validate);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="sources">Where a user's name is looked for.</param>
    /// <param name="otherwise">The user's name when no option says one; null for none.</param>
    /// <returns>Null when nothing says who.</returns>
    public (YamlMappingNode Node, (string Name, KubeconfigFile File)? Source)? Find(
        ParseResult parsed, KubeconfigSources sources, Func<string?> otherwise)
    {
        if (parsed.GetValue(_token) is { } token)
        {
            return (KubeconfigFile.Mapping(("tokenFile", Existing("token-file", token))), null);
        }

        if (parsed.GetValue(_certificate) is { } certificate)
        {
            var (cert, key) = (Existing("client-certificate", certificate), Existing("client-key", parsed.GetValue(_key)!));
            return (KubeconfigFile.Mapping(("client-certificate", cert), ("client-key", key)), null);
        }

        if ((parsed.GetValue(_user) ?? otherwise()) is not { } name)
        {
            return null;
        }

        var (node, file) = sources.Get(KubeconfigFile.User, name);
        return (KubeconfigSources.Copy(node, file), (name, file));
    }

    internal static string Existing(string flag, string path) => File.Exists(path)
        ? Path.GetFullPath(path)
        : throw new FileNotFoundException($"--{flag}={path}: no such file; check the path or create the file");

    private void Validate(CommandResult result)
    {
        var ways = new Option[] { _user, _token, _certificate }.Where(o => result.GetResult(o) is not null).Select(static o => o.Name).ToArray();
        if (ways.Length > 1)
        {
            result.AddError($"{string.Join(" and ", ways)}: give one of them");
        }

        if (result.GetResult(_certificate) is null != result.GetResult(_key) is null)
        {
            result.AddError("--client-certificate and --client-key belong together: give both or neither");
        }
    }
}
