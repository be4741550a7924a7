import { type ErrorCode, ReleaseError, type ReleaseErrorBody, reasonOf } from './errors.ts'

type Facts = Readonly<Record<string, string>>
type Sentences = { what: (facts: Facts) => string; next: (facts: Facts) => string }

/**
 * Every error in words, in this one file: what happened, then what to do next.
 * A preflight finding brings its own sentence along. What is live now is the same sentence for all of them and is passed in by
 * whoever knows it; it is left out where nothing was to change for visitors, and where the one who asks may be a stranger.
 */
export function describeError(error: ReleaseError, live: string): ReleaseErrorBody {
  const sentences = SENTENCES[error.code]
  return {
    code: error.code,
    what: error.facts.sentence ?? sentences.what(error.facts),
    live: BESIDE_TRAFFIC.has(error.code) ? '' : live,
    next: sentences.next(error.facts),
    detail: error.detail,
  }
}

/** Anything thrown as words without a full stop, to stand within a sentence; the message of one of ours is only its code. */
export function wordsOf(cause: unknown): string {
  return cause instanceof ReleaseError ? describeError(cause, '').what.replace(/\.$/, '') : reasonOf(cause)
}

const fact = (facts: Facts, name: string, otherwise: string): string => facts[name] ?? otherwise

const BESIDE_TRAFFIC: ReadonlySet<ErrorCode> = new Set([
  // What is live says nothing of what visitors get, while nginx may not serve anybody.
  'nginx-unreachable',
  'bad-request',
  'too-large',
  'too-many-streams',
  'signed-out',
  'wrong-password',
  'too-many-attempts',
  'last-operator',
  'setup-link',
  'origin',
  'protocol',
  'not-found',
  'build-unknown',
  'build-nameless',
  'nothing-running',
  'not-running',
])

const SENTENCES: Readonly<Record<ErrorCode, Sentences>> = {
  busy: {
    what: (f) =>
      `${fact(f, 'who', 'Someone')} is busy with ${fact(f, 'verb', 'another release')}${f.release === undefined ? '' : ` (release ${f.release})`} since ${fact(f, 'since', 'a moment ago')}.`,
    next: () => 'Wait until it has ended, or abort it (`switchyard abort`), then try again.',
  },
  'docker-unreachable': {
    what: (f) => `Docker can't be reached: ${fact(f, 'reason', 'no answer on its socket')}.`,
    next: () => 'Start the Docker daemon, then try again.',
  },
  'disk-full': {
    what: (f) => `The disk is too full for a release: ${fact(f, 'reason', 'no space left')}.`,
    next: () => 'Free some space, then try again.',
  },
  'memory-short': {
    what: (f) =>
      `There is too little memory for a second slot: ${fact(f, 'reason', 'less than its limit is free')}.`,
    next: () => 'Free some memory or lower SLOT_MEMORY, then try again.',
  },
  'compose-invalid': {
    what: (f) => `docker-compose.release.yml is not valid: ${fact(f, 'reason', 'compose refuses it')}.`,
    next: () => 'Correct the file, then try again.',
  },
  'environment-invalid': {
    what: (f) => fact(f, 'reason', "The app's environment can't be read."),
    next: () => 'Correct the line as docs/environment.md describes, then try again.',
  },
  'nginx-invalid': {
    what: (f) => `nginx refuses its configuration: ${fact(f, 'reason', 'nginx -t fails')}.`,
    next: () =>
      'Correct the files in nginx/, then try again; nginx goes on with the configuration that it has.',
  },
  'nginx-unreachable': {
    what: (f) => `nginx can't be reached: ${fact(f, 'reason', 'no answer')}.`,
    next: () =>
      'Run `npm run up` on the host, which starts it if it does not run, or look at `docker logs proxy-director`; then try again.',
  },
  'routing-edited': {
    what: (f) =>
      `The routing in nginx/live was changed by hand: ${fact(f, 'reason', 'flags and state.json disagree')}.`,
    next: () =>
      'Run `switchyard doctor --fix` on the host, which writes a whole generation of what nginx serves, then try again.',
  },
  'ref-unknown': {
    what: (f) =>
      `The project has no git ref "${fact(f, 'ref', '')}"${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    next: () => 'Check the name, or fetch it on the host, then try again.',
  },
  'image-missing': {
    what: (f) =>
      f.reason === undefined
        ? `There is no image "${fact(f, 'image', '')}" on this host.`
        : `The image "${fact(f, 'image', '')}" could not be pulled: ${f.reason}.`,
    next: () => 'Load or pull the image on the host, then try again.',
  },
  'image-not-allowed': {
    what: (f) => `The image "${fact(f, 'image', '')}" does not come from an allowed source.`,
    next: () => 'Add its repository to ALLOWED_IMAGES, run `npm run up`, then try again.',
  },
  'id-taken': {
    what: (f) =>
      `The image "${fact(f, 'image', '')}" can't be released: ${fact(f, 'reason', 'its deployment id is that of another build')}.`,
    next: () =>
      'Build it with a deployment id of its own (in its Next configuration and in the label io.switchyard.deployment-id), then deploy that.',
  },
  'source-unfit': {
    what: (f) => `The source can not be built: ${fact(f, 'reason', 'see what preflight found')}.`,
    next: () => 'Correct what is named, then deploy again.',
  },
  'build-failed': {
    what: (f) => `The build failed: ${fact(f, 'reason', 'see its last lines')}.`,
    next: (f) => f.help ?? 'Correct the source as its last lines say, then deploy again.',
  },
  'build-killed': {
    what: (f) => `The build was killed: ${fact(f, 'reason', 'it was ended from outside')}.`,
    next: (f) =>
      f.help ??
      'The source need not be wrong: look at its last lines and at what else the machine does, then deploy again.',
  },
  'start-failed': {
    what: (f) =>
      `The ${fact(f, 'slot', '')} slot could not be started: ${fact(f, 'reason', 'compose failed')}.`,
    next: () => 'Look at the lines below, correct the cause, then deploy again.',
  },
  'status-missing': {
    what: (f) => `The build does not answer GET /api/system/status: ${fact(f, 'reason', 'no such route')}.`,
    next: (f) =>
      f.reason?.startsWith('it redirects')
        ? 'Let what redirects in the app (its proxy.ts or middleware.ts, or redirects of its next.config) leave out /api/system, then deploy again.'
        : 'Give the app the status route that docs/status-route.md describes, then deploy again.',
  },
  'status-shape': {
    what: (f) =>
      `The build answers GET /api/system/status with the wrong shape: ${fact(f, 'reason', 'not the payload')}.`,
    next: () => 'Correct the payload as docs/status-route.md describes, then deploy again.',
  },
  'status-wrong-release': {
    what: (f) =>
      `Another release answers in the slot: ${fact(f, 'reason', 'the release in its payload is not the one started')}.`,
    next: () =>
      'Make the status route pass SWITCHYARD_RELEASE and its deployment id through, then deploy again.',
  },
  'never-healthy': {
    what: (f) => `The build never became healthy: ${fact(f, 'reason', 'no good answer in time')}.`,
    next: () => 'Look at the lines of its container below, correct the cause, then deploy again.',
  },
  'console-unhealthy': {
    what: (f) =>
      `The console of the new build does not work: ${fact(f, 'reason', '/ops can not reach the director')}.`,
    next: (f) =>
      f.reason?.includes('something else of the app') === true
        ? "Let the app's proxy.ts or middleware.ts, and redirects of its next.config, leave out /ops and /api/ops, or say that this image has no console, then deploy again."
        : 'Correct /ops, or say that this image has none, then deploy again.',
  },
  'assets-failed': {
    what: (f) =>
      `The static files of the build could not be published: ${fact(f, 'reason', 'copying failed')}.`,
    next: () => 'Check space and rights of state/assets, then deploy again.',
  },
  'switch-unconfirmed': {
    what: (f) => `The move could not be confirmed through nginx: ${fact(f, 'reason', 'wrong answers')}.`,
    next: () => 'Check that nginx runs and reads nginx/live, then try again.',
  },
  'no-standby': {
    what: (f) =>
      `There is no build to roll back to: ${fact(f, 'reason', 'the other slot does not run one')}.`,
    next: () => 'Deploy the ref that you want back.',
  },
  'standby-unhealthy': {
    what: (f) => `The standby is not healthy: ${fact(f, 'reason', 'its status route does not answer')}.`,
    next: () => 'Look at its log, then try again or deploy the ref that you want back.',
  },
  'live-changed': {
    what: (f) =>
      `Release ${fact(f, 'live', 'of another')} is live by now, not release ${fact(f, 'seen', 'as seen')}, so this rollback was not begun.`,
    next: () => 'Look at what visitors get now, then roll back from there if you still want to.',
  },
  'build-unknown': {
    what: (f) =>
      `No release has made or taken a build "${fact(f, 'build', '')}".${f.hint === undefined ? '' : ` ${f.hint}`}`,
    next: () => 'Look for the build in the console or with `switchyard history`, then try again.',
  },
  'build-gone': {
    what: (f) =>
      `${fact(f, 'version', 'This build')} (${fact(f, 'build', '')}) is not kept any more: its image was pruned.`,
    next: (f) =>
      f.revision === undefined
        ? 'Deploy another build, or build it anew from its source.'
        : `Deploy another build, or build it anew (\`switchyard deploy --ref ${f.revision}\`).`,
  },
  'build-nameless': {
    what: (f) =>
      `${fact(f, 'version', 'This build')} carries no deployment id, so it can not be barred: nothing tells its tabs from others.`,
    next: () => 'Deploy another build over it.',
  },
  'build-live': {
    what: (f) =>
      `${fact(f, 'version', 'This build')} (${fact(f, 'build', '')}) is what visitors get, so it can not be barred.`,
    next: () => 'Deploy another build or roll back to one, then bar this one.',
  },
  'build-barred': {
    what: (f) =>
      `${fact(f, 'version', 'This build')} (${fact(f, 'build', '')}) is barred by ${fact(f, 'who', 'an operator')} since ${fact(f, 'since', 'a while')}${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    next: (f) =>
      `Deploy another build, or unbar this one first (\`switchyard unbar ${fact(f, 'build', 'BUILD')}\`).`,
  },
  frozen: {
    what: (f) => `Deploys by machines are frozen ${fact(f, 'how', 'by an operator')}.`,
    next: () =>
      'Lift the freeze in the console or with `switchyard unfreeze`, then deploy again; a person may deploy all the same with `--despite-freeze`.',
  },
  'routing-unconfirmed': {
    what: (f) => fact(f, 'reason', 'The routing could not be brought in line with what is barred.'),
    next: () =>
      'Check that nginx runs and reads nginx/live; `switchyard status` says when what it serves agrees.',
  },
  'nothing-running': {
    what: () => 'No release is under way.',
    next: () => 'There is nothing to abort.',
  },
  'not-running': {
    what: (f) =>
      `Release ${fact(f, 'asked', 'as seen')} is not under way any more; release ${fact(f, 'running', 'of another')} is, and goes on.`,
    next: () => 'Look at the release that is under way, then abort that one if you want to.',
  },
  'past-commit': {
    what: (f) => `Release ${fact(f, 'release', '')} has already moved the traffic and can't be aborted.`,
    next: () => 'Wait for it to end, then roll back.',
  },
  aborted: {
    what: (f) => `The release was aborted by ${fact(f, 'who', 'an operator')}.`,
    next: () => 'Deploy again when you are ready.',
  },
  interrupted: {
    what: (f) =>
      `The director was stopped during the release: ${fact(f, 'reason', 'before the traffic moved')}.`,
    next: () => 'Look at what visitors get now, then try again.',
  },
  'bad-request': {
    what: (f) => `The request is not right: ${fact(f, 'reason', 'it does not have the expected shape')}.`,
    next: () => 'Correct it, then send it again.',
  },
  'too-large': {
    what: (f) => `The request is too large: its body is longer than ${fact(f, 'cap', 'it may be in')} bytes.`,
    next: () => 'Send less, then try again.',
  },
  'too-many-streams': {
    what: (f) =>
      `Too many views of the console follow a release or a log: ${fact(f, 'open', 'too many')} are open.`,
    next: () => 'Close some of its tabs, then try again.',
  },
  'signed-out': {
    what: () => 'You are not signed in.',
    next: () => 'Sign in, then try again.',
  },
  'wrong-password': {
    what: () => 'Email address or password is wrong.',
    next: () =>
      "Try again, or get a new set-up link on the host with `switchyard setup-link`, in the project's directory.",
  },
  'too-many-attempts': {
    what: () => 'There were too many attempts to sign in.',
    next: (f) => `Try again in ${fact(f, 'seconds', 'a few')} seconds.`,
  },
  'last-operator': {
    what: (f) =>
      `${fact(f, 'email', 'This')} is the last operator who can sign in, so nobody could after that.`,
    next: () =>
      'Make another operator first (`switchyard setup-link`), or say that you mean it: `--even-last`.',
  },
  'setup-link': {
    what: (f) => SETUP_LINK_PROBLEMS[f.problem ?? ''] ?? 'This set-up link is not known.',
    next: () => "Get a new link on the host with `switchyard setup-link`, in the project's directory.",
  },
  origin: {
    what: (f) =>
      `The request did not come from this site: ${fact(f, 'reason', 'its Origin is missing or another')}.`,
    next: (f) =>
      f.scheme === undefined
        ? 'Open /ops on its own address and try again there.'
        : 'Open /ops by the scheme that nginx sees. Where TLS ends in front of it, name what ends it in nginx/terminator.conf, then run `switchyard reload`.',
  },
  protocol: {
    what: (f) =>
      `This console and the director do not understand each other: ${fact(f, 'reason', 'other protocol versions')}.`,
    next: () => 'Run `npm run up` on the host to bring the director up to date.',
  },
  'not-found': {
    what: (f) => `There is no ${fact(f, 'thing', 'such thing')}.`,
    next: () => 'Check the number or the name.',
  },
  internal: {
    what: (f) => fact(f, 'reason', 'Something went wrong inside the director.'),
    next: () => 'Look at the log of the container release-director, then try again.',
  },
}

const SETUP_LINK_PROBLEMS: Readonly<Record<string, string>> = {
  used: 'This set-up link has been used already.',
  expired: 'This set-up link has expired.',
  unknown: 'This set-up link is not known.',
}
