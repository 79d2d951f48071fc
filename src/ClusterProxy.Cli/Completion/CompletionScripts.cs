namespace ClusterProxy.Cli.Completion;

/// <summary>
/// One script a shell. Each asks the program itself, by the <c>[suggest:position]</c> directive of its command line, so no
/// script has to change when a command does.
/// </summary>
internal static class CompletionScripts
{
    private const string Bash =
        """
        _clusterproxy() {
            local line current="${COMP_WORDS[COMP_CWORD]}"
            COMPREPLY=()
            while IFS= read -r line; do
                if [[ "$line" == "$current"* ]]; then COMPREPLY+=("$line"); fi
            done < <(clusterproxy "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
        }
        complete -o default -F _clusterproxy clusterproxy
        """;

    private const string Zsh =
        """
        #compdef clusterproxy
        _clusterproxy() {
            local -a suggestions
            suggestions=("${(@f)$(clusterproxy "[suggest:${#BUFFER}]" "$BUFFER" 2>/dev/null)}")
            if (( ${#suggestions} )) && [[ -n "${suggestions[1]}" ]]; then
                compadd -- "${suggestions[@]}"
            else
                _files
            fi
        }
        compdef _clusterproxy clusterproxy
        """;

    private const string Fish =
        """
        function __clusterproxy_complete
            set -l line (commandline -cp)
            clusterproxy "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c clusterproxy -a '(__clusterproxy_complete)'
        """;

    private const string Pwsh =
        """
        Register-ArgumentCompleter -Native -CommandName clusterproxy -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $line = $commandAst.ToString().PadRight($cursorPosition)
            clusterproxy "[suggest:$cursorPosition]" $line 2>$null |
                Where-Object { $_ -like "$wordToComplete*" } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    public static string For(Shell shell) => shell switch
    {
        Shell.Bash => Bash,
        Shell.Zsh => Zsh,
        Shell.Fish => Fish,
        Shell.Pwsh => Pwsh,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "a shell without a script"),
    };
}
