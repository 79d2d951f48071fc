using System.CommandLine;
using System.Text.RegularExpressions;

namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>A managed cluster's name on the command line: as Kubernetes names objects, since it becomes part of a URL.</summary>
internal static partial class ClusterName
{
    public static Argument<string> Argument()
    {
        var argument = new Argument<string>("CLUSTER") { Description = "The managed cluster's name", HelpName = "cluster" };
        argument.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !Valid().IsMatch(token.Value))
            {
                result.AddError($"\"{token.Value}\" is no cluster name; write small letters, digits, - and ., such as alpha or eu-1.prod");
            }
        });
        return argument;
    }

    [GeneratedRegex(@"\A(?=.{1,253}\z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Valid();
}
