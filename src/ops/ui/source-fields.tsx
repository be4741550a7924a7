import { Archive, FolderGit2, GitBranch, Package } from 'lucide-react'
import type { ReactNode } from 'react'
import type { DeployDraft } from '../deploy-draft.ts'
import { Field } from './field.tsx'
import { BuildChoice } from './kept-build/build-choice.tsx'

type Props = { draft: DeployDraft; onChange(change: Partial<DeployDraft>): void }

/** Where the build comes from. */
export function SourceFields({ draft, onChange }: Props) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">Source</legend>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(9.25rem,1fr))] gap-1.5">
        <Choice
          kind="tree"
          name="Working tree"
          icon={<FolderGit2 aria-hidden="true" size={16} />}
          draft={draft}
          onChange={onChange}
        />
        <Choice
          kind="ref"
          name="Git ref"
          icon={<GitBranch aria-hidden="true" size={16} />}
          draft={draft}
          onChange={onChange}
        />
        <Choice
          kind="image"
          name="Image"
          icon={<Package aria-hidden="true" size={16} />}
          draft={draft}
          onChange={onChange}
        />
        <Choice
          kind="build"
          name="Kept build"
          icon={<Archive aria-hidden="true" size={16} />}
          draft={draft}
          onChange={onChange}
        />
      </div>
      <div className="mt-3">
        <Details draft={draft} onChange={onChange} />
      </div>
    </fieldset>
  )
}

type ChoiceProps = Props & { kind: DeployDraft['kind']; name: string; icon: ReactNode }

function Choice({ kind, name, icon, draft, onChange }: ChoiceProps) {
  const isChosen = draft.kind === kind
  return (
    <label
      className={`flex min-h-9 items-center gap-2 rounded-md border px-2.5 whitespace-nowrap text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus ${isChosen ? 'border-ink bg-ground ring-1 ring-ink ring-inset' : 'border-line-strong text-ink-muted hover:bg-ground'}`}
    >
      <input
        type="radio"
        name="source"
        value={kind}
        checked={isChosen}
        data-first={isChosen ? '' : undefined}
        onChange={() => onChange({ kind })}
        className="accent-ink focus-visible:outline-none"
      />
      {icon}
      {name}
    </label>
  )
}

function Details({ draft, onChange }: Props) {
  switch (draft.kind) {
    case 'tree':
      return (
        <p className="text-xs text-ink-muted">
          The project directory on the host as it is now, uncommitted changes included; ignored files are left
          out.
        </p>
      )
    case 'ref':
      return (
        <Field
          label="Branch, tag or commit"
          isMono
          placeholder="main"
          value={draft.ref}
          maxLength={200}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => onChange({ ref: event.target.value })}
          hint="As the repository on the host knows it."
        />
      )
    case 'build':
      return <BuildChoice value={draft.build} onChange={(build) => onChange({ build })} />
    case 'image':
      return (
        <div className="space-y-2.5">
          <Field
            label="Image"
            isMono
            placeholder="registry.example/app:1.5.0"
            value={draft.image}
            maxLength={300}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => onChange({ image: event.target.value })}
            hint="Any image on the host. Where ALLOWED_IMAGES is set: one whose repository it names, which is pulled if need be."
          />
          <label className="flex items-start gap-2 text-sm">
            <input
              type="checkbox"
              checked={!draft.hasConsole}
              onChange={(event) => onChange({ hasConsole: !event.target.checked })}
              className="mt-1 accent-ink"
            />
            <span>
              This image has no /ops
              <span className="block text-xs text-ink-muted">
                Then the console is not checked in it, and comes from the other slot.
              </span>
            </span>
          </label>
        </div>
      )
  }
}
