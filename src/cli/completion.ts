import type { Command } from 'commander'
import { SLOTS } from '../release/slot.ts'

/** A command's name, what it is for, the words that may follow it, and its options as they are typed. */
type Verb = { name: string; about: string; words: readonly string[]; options: readonly string[] }

const SET_UP: readonly Verb[] = [
  {
    ...{ name: 'up', about: 'bring everything up, or to what the files say now' },
    ...{ words: [], options: ['--yes', '--image'] },
  },
  {
    ...{ name: 'down', about: 'stop and remove the containers, keep all data' },
    ...{ words: [], options: ['--purge', '--yes'] },
  },
]

/** What the shells complete of `program`, as the files that bash, zsh and fish read. Slots are completed where a log is asked for. */
export function completions(program: Command): { bash: string; zsh: string; fish: string } {
  const verbs = [...program.commands.map(described), ...SET_UP]
  return { bash: bashOf(verbs), zsh: zshOf(verbs), fish: fishOf(verbs) }
}

const MARK = '# io.switchyard.host-command: completion of `switchyard`'

function described(command: Command): Verb {
  const { commands } = command
  const options = [command, ...commands].flatMap((one) => one.options.flatMap(({ long }) => long ?? []))
  return {
    ...{ name: command.name(), about: command.description(), options: [...new Set(options)] },
    words: command.name() === 'logs' ? SLOTS : commands.map((below) => below.name()),
  }
}

function bashOf(verbs: readonly Verb[]): string {
  const names = verbs.map(({ name }) => name).join(' ')
  const cases = verbs.map(
    ({ name, words, options }) => `    ${name}) words='${[...words, ...options].join(' ')}' ;;`,
  )
  return `${[
    MARK,
    '_switchyard() {',
    `  local word=${wordAt('COMP_CWORD')} verb='' words i`,
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    case ${wordAt('i')} in`,
    '      -C | --project) ((i++)) ;;',
    '      -*) ;;',
    `      *) verb=${wordAt('i')}; break ;;`,
    '    esac',
    '  done',
    `  case ${wordAt('COMP_CWORD - 1')} in`,
    '    -C | --project) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;',
    '  esac',
    '  case $verb in',
    `    '') words='${names} --project --help' ;;`,
    ...cases,
    "    *) words='' ;;",
    '  esac',
    '  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")',
    '}',
    'complete -F _switchyard switchyard',
  ].join('\n')}\n`
}

function zshOf(verbs: readonly Verb[]): string {
  const named = verbs.map(({ name, about }) => `    '${name}:${quoted(about)}'`)
  const cases = verbs.map(
    ({ name, words, options }) => `    ${name}) compadd -- ${[...words, ...options].join(' ')} ;;`,
  )
  return `${[
    '#compdef switchyard',
    MARK,
    '_switchyard() {',
    '  local -a verbs=(',
    ...named,
    '  )',
    '  if (( CURRENT == 2 )); then _describe command verbs; return; fi',
    '  case $words[2] in',
    ...cases,
    '  esac',
    '}',
    '_switchyard "$@"',
  ].join('\n')}\n`
}

function fishOf(verbs: readonly Verb[]): string {
  const all = verbs.map(({ name }) => name).join(' ')
  const isVerb = (name: string): string => `-n '__fish_seen_subcommand_from ${name}'`
  return `${[
    MARK,
    'complete -c switchyard -f',
    'complete -c switchyard -s C -l project -r -a "(__fish_complete_directories)" -d "the directory of the project"',
    ...verbs.flatMap(({ name, about, words, options }) => [
      `complete -c switchyard -n 'not __fish_seen_subcommand_from ${all}' -a ${name} -d '${quoted(about)}'`,
      ...(words.length > 0 ? [`complete -c switchyard ${isVerb(name)} -a '${words.join(' ')}'`] : []),
      ...options.map((option) => `complete -c switchyard ${isVerb(name)} -l ${option.slice(2)}`),
    ]),
  ].join('\n')}\n`
}

/** One of the words on bash's command line. */
const wordAt = (index: string): string => `\${COMP_WORDS[${index}]}`

/** Within single quotes; none of the shells lets a quote stand there. */
const quoted = (text: string): string => text.replaceAll("'", '’').replaceAll(':', ' -')
