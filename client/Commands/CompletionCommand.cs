using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansWork.Console.Commands;

/// <summary>Prints the script by which a shell completes commands, and answers what such a script asks.</summary>
internal sealed partial class CompletionCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    private const string Program = "orleanswork";

    public Command Create()
    {
        Argument<Shell?> shell = OptionKinds.ChoiceArgument<Shell>("SHELL", "the shell");
        ConsoleCommand command = new("completion", "print the script that makes a shell complete commands, options, kinds, jobs and silos")
        {
            ExitCodes = [ExitCode.Done, ExitCode.Usage, ExitCode.OutputFailed],
        };
        command.Add(shell);
        command.SetAction(parse => Terminal.PrintLines(ScriptOf(parse.GetValue(shell)!.Value)));
        return command;
    }

    /// <summary>Reads what a script asks: <c>[suggest:POSITION] LINE</c>, the line with or without the program's name.</summary>
    /// <returns>The line without the name, and where the cursor is in it; null when it is another command line.</returns>
    public static (string Line, int Position)? ReadQuestion(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || Directive().Match(arguments[0]) is not { Success: true } directive)
            return null;
        string line = arguments.Count > 1 ? arguments[1] : "";
        string number = directive.Groups["position"].Value;
        int position = number.Length > 0 ? Math.Min(int.Parse(number, CultureInfo.InvariantCulture), line.Length + 1) : line.Length;

        // Some shells give the line without the blank before the cursor.
        line = line.PadRight(position);
        int start = NameOfProgram().Match(line).Length;
        return (line[start..], Math.Max(0, position - start));
    }

    /// <summary>Returns the words to offer: options only where nothing else fits, and none of the other names of <c>--help</c>.</summary>
    public static IReadOnlyList<string> Choose(IEnumerable<CompletionItem> found)
    {
        string[] words =
        [
            .. found.Select(item => item.InsertText ?? item.Label).Where(word => word is not ("-h" or "-?" or "/h" or "/?")).Distinct(),
        ];
        string[] values = [.. words.Where(word => !word.StartsWith('-'))];
        return values.Length > 0 ? values : words;
    }

    private static string ScriptOf(Shell shell) =>
        shell switch
        {
            Shell.Bash => $$"""
                # {{Program}}, completion for bash. In ~/.bashrc: source <({{Program}} completion bash)
                _{{Program}}() {
                    local IFS=$'\n' typed="${COMP_LINE:0:COMP_POINT}"
                    local word="${typed##*[[:space:]]}"
                    COMPREPLY=($(compgen -W "$({{Program}} "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$word"))
                    # bash replaces only what follows the last of its word breaks, and an address of a silo has some.
                    local kept="${word%"${word##*[:=@]}"}"
                    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
                }
                complete -o default -F _{{Program}} {{Program}}
                """,
            Shell.Zsh => $$"""
                #compdef {{Program}}
                # {{Program}}, completion for zsh. In ~/.zshrc, after compinit: source <({{Program}} completion zsh)
                _{{Program}}() {
                    local -a found
                    found=(${(f)"$({{Program}} "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)"})
                    (( $#found )) && compadd -- $found || _files
                }
                compdef _{{Program}} {{Program}}
                """,
            Shell.Fish => $$"""
                # {{Program}}, completion for fish: {{Program}} completion fish > ~/.config/fish/completions/{{Program}}.fish
                function __{{Program}}_complete
                    set -l line (commandline -cp | string collect)
                    {{Program}} "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
                end
                complete -c {{Program}} -f -a '(__{{Program}}_complete)'
                complete -c {{Program}} -n 'string match -q -- "-*" (commandline -poc)[-1]' -F
                """,
            _ => $$"""
                # {{Program}}, completion for PowerShell. In $PROFILE: {{Program}} completion pwsh | Out-String | Invoke-Expression
                Register-ArgumentCompleter -Native -CommandName {{Program}} -ScriptBlock {
                    param($wordToComplete, $commandAst, $cursorPosition)
                    {{Program}} "[suggest:$cursorPosition]" "$commandAst" 2>$null |
                        Where-Object { $_ -like "$wordToComplete*" } |
                        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
                }
                """,
        };

    [GeneratedRegex(@"^\[suggest(:(?<position>[0-9]{1,6}))?\]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Directive();

    [GeneratedRegex(@"^\s*(\S*[/\\])?orleanswork(\.exe|\.dll)?(\s+|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NameOfProgram();
}
