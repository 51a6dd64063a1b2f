/**
 * Scripts that a shell reads once. All they do is to hand the words of the line to the
 * hidden command `__complete`, which prints a candidate a line, with what it means behind
 * a tab; `:files` in a line of its own asks for the shell's own completion of files.
 */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# bash completion of connect-ctl:  source <(connect-ctl completion bash)
_connect_ctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line word
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ "$line" == ":files" ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
      continue
    fi
    word="\${line%%$'\\t'*}"
    [[ "$word" == "$current"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
  done < <(connect-ctl __complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _connect_ctl connect-ctl
`;

const ZSH = `#compdef connect-ctl
# zsh completion of connect-ctl:  source <(connect-ctl completion zsh)
_connect_ctl() {
  local line word help
  local -a candidates
  while IFS= read -r line; do
    if [[ "$line" == ":files" ]]; then
      _files
      continue
    fi
    word="\${line%%$'\\t'*}"
    help="\${line#*$'\\t'}"
    [[ "$help" == "$line" ]] && help=""
    candidates+=("\${word//:/\\\\:}\${help:+:$help}")
  done < <(connect-ctl __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( \${#candidates} )) && _describe 'connect-ctl' candidates
}
compdef _connect_ctl connect-ctl
`;

const FISH = `# fish completion of connect-ctl:  connect-ctl completion fish | source
function __connect_ctl
    set -l words (commandline -opc) (commandline -ct)
    for line in (connect-ctl __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c connect-ctl -f -a '(__connect_ctl)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
