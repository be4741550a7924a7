import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, heldRelease, NAMES, sight, soundSight } from '../../test/fixtures/seen.ts'
import { examine } from './examine.ts'
import { routingTo } from './next-routing.ts'
import type { DockerSight, JournalRead, Seen } from './seen.ts'

const soundDocker = (): DockerSight => {
  const { docker } = soundSight()
  assert.ok(docker.kind === 'seen')
  return docker
}

const soundJournal = (): JournalRead => {
  const { journal } = soundSight()
  assert.ok(journal.kind === 'read')
  return journal
}

const withDocker = (changes: Partial<DockerSight>): Partial<Seen> => ({
  docker: { ...soundDocker(), ...changes },
})

const withNetworks = (changes: Partial<DockerSight['networks']>): Partial<Seen> =>
  withDocker({ networks: { ...soundDocker().networks, ...changes } })

/** The running container of `service` with these addresses alone, on top of what `before` says. */
function withAddresses(
  service: keyof DockerSight['services'],
  addresses: readonly [string, string][],
  { docker = soundDocker() }: Partial<Seen> = {},
): Partial<Seen> {
  if (docker.kind !== 'seen') throw new Error('Docker is not seen.')
  const [sound] = docker.services[service]
  if (sound === undefined) throw new Error('There is no container.')
  const services = { ...docker.services, [service]: [{ ...sound, addresses: new Map(addresses) }] }
  return { docker: { ...docker, services } }
}

const withService = (service: keyof DockerSight['services'], changes: object): Partial<Seen> => ({
  docker: {
    ...soundDocker(),
    services: { ...soundDocker().services, [service]: [{ ...container(service), ...changes }] },
  },
})

const silent = { kind: 'unreachable', reason: 'the connection was refused', cause: null } as const

test('nothing is said of a system where all agree', () => {
  assert.deepEqual(examine(soundSight()), [])
})

test('what a release changes is left out while one is under way, and looked at where the lock is our own', () => {
  const seen: Seen = {
    ...soundSight(),
    lock: { isHeld: true, written: null },
    director: { answers: false, unsettled: null },
  }
  const half: Seen = { ...seen, slots: { ...seen.slots, primary: silent } }
  assert.deepEqual(
    examine(half).map(({ check }) => check),
    ['director'],
  )
  assert.deepEqual(
    examine(half, { isOwnLock: true }).map(({ check }) => check),
    ["slots' health", 'director'],
  )
})

const HASH = 'a'.repeat(64)

const nobody = { answers: [], isPublished: true, seesLive: true, complaint: null, revision: null }
const lostRouting = { ...soundSight().routing, state: null, problem: 'there is no current', flagged: null }

type Case = [
  what: string,
  changes: () => Partial<Seen>,
  expected: [sentence: string, remedy: string, canMend: boolean][],
]

const CASES: readonly Case[] = [
  [
    'Docker that does not answer',
    () => ({ docker: { kind: 'unreachable', reason: 'there is no /var/run/docker.sock' } }),
    [
      [
        'Docker does not answer (there is no /var/run/docker.sock), so containers, images and the network were not looked at.',
        'Start Docker, then run the doctor again.',
        false,
      ],
    ],
  ],
  [
    'a system that was taken down',
    () => ({
      ...withDocker({
        networks: { control: null, primary: null, secondary: null },
        services: { runtime_primary: [], runtime_secondary: [], traffic_proxy: [], director: [] },
      }),
      nginx: { ...nobody, seesLive: null },
      director: { answers: false, unsettled: null },
      slots: { primary: silent, secondary: silent },
    }),
    [
      [
        'The system is down: none of its containers is there, so it serves nobody.',
        '`npm run up` brings it back with the builds that it had.',
        false,
      ],
    ],
  ],
  [
    'no routing, and a journal that agrees with the newest generation',
    () => ({
      routing: lostRouting,
      nginx: { ...nobody, answers: [{ httpStatus: 503, servedBy: null, release: null }] },
    }),
    [
      [
        'The routing in nginx/live is not as Switchyard left it: there is no current. Visitors get nothing.',
        '--fix writes a new generation with secondary live, as the newest whole generation and the journal say.',
        true,
      ],
    ],
  ],
  [
    'no routing, and a journal that says something else',
    () => ({
      routing: { ...lostRouting, newest: { ...routingTo(soundSight(), 'primary'), generation: 3 } },
      nginx: { ...nobody, answers: [{ httpStatus: 503, servedBy: null, release: null }] },
    }),
    [
      [
        'The routing in nginx/live is not as Switchyard left it: there is no current. Visitors get nothing.',
        'Nothing tells for sure which slot is to be live: the newest whole generation, 3, says primary, and the journal says secondary. Decide it, for example by `ln -sfn gen-3 nginx/live/current`, then run the doctor again.',
        false,
      ],
    ],
  ],
  [
    'a live build that is barred',
    () => ({
      journal: {
        ...soundJournal(),
        bars: [
          {
            ...{ deploymentId: 'b2', version: '2.0.0', reason: 'CVE-2026-1' },
            ...{ actor: { kind: 'host', name: 'ada' }, at: '2026-03-01T10:00:04.000Z' },
          },
        ],
      },
    }),
    [
      [
        'Visitors get a build that is barred, from secondary: 2.0.0 (b2) is barred by ada since 2026-03-01 10:00:04 UTC: CVE-2026-1.',
        'Deploy another build, or roll back.',
        false,
      ],
    ],
  ],
  [
    'a live slot with a build that no release has put there',
    () => withService('runtime_secondary', { image: 'shop:9', imageId: 'sha256:9', release: 2 }),
    [
      [
        'secondary, which is live, runs shop:9 as release 2, and the journal says shop:2 as release 2. Visitors get what no release has put there.',
        'Nobody but you can say which one is right: deploy it, or roll back to the standby.',
        false,
      ],
    ],
  ],
  [
    'a live slot that is ill',
    () => ({ slots: { ...soundSight().slots, secondary: sight('secondary', 2, 'degraded') } }),
    [
      [
        'secondary, which is live, says that it is degraded.',
        '`switchyard logs secondary` shows what it writes. Roll back, or deploy another build.',
        false,
      ],
    ],
  ],
  [
    'a standby that does not answer',
    () => ({ slots: { ...soundSight().slots, primary: silent } }),
    [
      [
        'primary, which stands by, does not answer: the connection was refused.',
        '--fix starts it anew; `switchyard logs primary` shows what it writes.',
        true,
      ],
    ],
  ],
  [
    'containers that end as often as they are started',
    () => ({
      docker: {
        ...soundDocker(),
        services: {
          ...soundDocker().services,
          traffic_proxy: [{ ...container('traffic_proxy'), state: 'restarting', exitCode: 1, address: null }],
          director: [{ ...container('director'), state: 'restarting', exitCode: 1, address: null }],
        },
      },
      nginx: { ...nobody, seesLive: null },
      director: { answers: false, unsettled: null },
    }),
    [
      [
        'nginx is restarting (exit code 1), so visitors get nothing.',
        '`docker logs shop-proxy-director` says why it ends as often as it is started.',
        false,
      ],
      [
        'The director ends as often as it is started (exit code 1), so nobody can release or roll back but by ./rollback.sh. Visitors are served without it.',
        '`docker logs --tail 20 shop-release-director` says why.',
        false,
      ],
    ],
  ],
  [
    "Docker's forwarding of the site's port",
    () => ({ nginx: { ...soundSight().nginx, isPublished: false } }),
    [
      [
        'nginx runs and does not answer on port 80, but at its own address it does, so visitors get nothing.',
        '--fix starts it anew.',
        true,
      ],
    ],
  ],
  [
    'a missing network',
    () => withNetworks({ control: null, secondary: null }),
    [
      [
        'The network of nginx and the director and of the secondary slot is missing, so nginx reaches no slot on it and visitors may get nothing.',
        '--fix has compose make it, and every container anew on it.',
        true,
      ],
    ],
  ],
  [
    'a network of other settings',
    () => withNetworks({ primary: { name: NAMES.primary, subnet: '10.1.1.0/24', strangers: [] } }),
    [
      [
        'The network of the primary slot is 10.1.1.0/24, and the settings say 10.9.9.0/24 (PRIMARY_NETWORK_PREFIX): what is made anew gets no address on it.',
        '`npm run down`, then `npm run up` makes it anew; all data is kept.',
        false,
      ],
    ],
  ],
  [
    'a stranger with an address of ours',
    () => {
      const strangers = [{ name: 'other', address: '10.9.10.2' }]
      return withNetworks({ secondary: { name: NAMES.secondary, subnet: '10.9.10.0/24', strangers } })
    },
    [
      [
        'The container other is not of this project and has the address 10.9.10.2, which is that of nginx.',
        'Take it off the network: `docker network disconnect -f shop_to_secondary other`, then run the doctor again.',
        false,
      ],
    ],
  ],
  [
    'an nginx that is on one network too few',
    () =>
      withAddresses('traffic_proxy', [
        [NAMES.control, '10.9.8.2'],
        [NAMES.primary, '10.9.9.2'],
      ]),
    [
      [
        'shop-proxy-director is not on the network of the secondary slot, so nobody finds nginx at 10.9.10.2.',
        '--fix takes it onto that network; nothing is started anew.',
        true,
      ],
    ],
  ],
  [
    'a slot with another address',
    () => withAddresses('runtime_primary', [[NAMES.primary, '10.9.9.200']]),
    [
      [
        'shop-env-primary has the address 10.9.9.200 instead of 10.9.9.11, so nobody finds the primary slot there.',
        '--fix has compose make it anew with the same build.',
        true,
      ],
    ],
  ],
  [
    'an nginx that is older than the networks of the slots',
    () => ({
      ...withDocker({ recreated: { names: ['shop-proxy-director'] } }),
      routing: { ...soundSight().routing, isMoved: true },
    }),
    [
      [
        "nginx's container was made before each slot had a network of its own, so a plain `docker compose up` would make it anew, with some seconds in which visitors are refused. It serves as it should.",
        'At a quiet moment, `docker compose -f docker-compose.release.yml up -d --no-deps traffic_proxy` makes it anew, then `npm run up` forgets of it.',
        false,
      ],
    ],
  ],
  [
    'slots that were started on one network',
    () => {
      const both = (own: string, host: number): [string, string][] => [
        [NAMES.control, `10.9.8.${host}`],
        [own, `10.9.${host - 2}.${host}`],
      ]
      const primary = withAddresses('runtime_primary', both(NAMES.primary, 11))
      return withAddresses('runtime_secondary', both(NAMES.secondary, 12), primary)
    },
    [
      [
        'Both slots are on the network shop_switchyard, so the build in one can reach the other, and hurt it. Visitors are served.',
        'They were started before each had a network of its own: the next release to one of them ends it (after `npm run up`).',
        false,
      ],
    ],
  ],
  [
    'a network that links the slots',
    () => {
      const primary = withAddresses('runtime_primary', [
        [NAMES.primary, '10.9.9.11'],
        ['shop_db', '10.1.1.2'],
      ])
      return withAddresses(
        'runtime_secondary',
        [
          [NAMES.secondary, '10.9.10.12'],
          ['shop_db', '10.1.1.3'],
        ],
        primary,
      )
    },
    [
      [
        'Both slots are on the network shop_db, so the build in one can reach the other, and hurt it. Visitors are served.',
        'Have what both need, such as a database, join to_primary and to_secondary in docker-compose.release.yml, take the shared network off the slots, then deploy.',
        false,
      ],
    ],
  ],
  [
    'an image that is gone for good',
    () => withDocker({ images: new Map([['shop:2', 'sha256:2']]), presentImageIds: new Set(['sha256:2']) }),
    [
      [
        'The image shop:1 is not on this host: primary, which stands by, could not be made anew as it was.',
        'It runs on as long as its container is there. Deploy a build to primary; this one is gone.',
        false,
      ],
    ],
  ],
  [
    'a journal without a copy',
    () => ({ journal: { kind: 'damaged', reason: 'file is not a database', copied: 0 } }),
    [
      [
        "state/journal.db can't be used: file is not a database. Without it nobody knows which builds the slots hold and who released them; visitors are served as before.",
        'It has no copy. Put back one of your own while the director is stopped; without one move it aside, and deploy: the history begins anew.',
        false,
      ],
    ],
  ],
  [
    'a state file of another directory',
    () => ({ system: { ...soundSight().system, directory: '/srv/moved' } }),
    [
      [
        'state/deployment_state.env is that of /srv/shop, so compose can start nothing. Visitors are served by what runs.',
        'Run `npm run up` once the rest is mended: it writes the settings anew.',
        false,
      ],
    ],
  ],
  [
    'compose that refuses its file',
    () => withDocker({ recreated: { problem: 'yaml: line 4: did not find expected key' } }),
    [
      [
        "Compose can't say what it would start: yaml: line 4: did not find expected key.",
        'Correct what it names: no release can start a slot until then.',
        false,
      ],
    ],
  ],
  [
    'a lock that is held for hours',
    () => ({
      lock: {
        isHeld: true,
        written: {
          ...{ verb: 'deploy', release: 3, since: '2026-01-01T00:00:00.000Z' },
          actor: { kind: 'host', name: 'ada' },
        },
      },
    }),
    [
      [
        'The release lock has been held since 2026-01-01T00:00:00.000Z by the deploy by ada, so nothing else can be released. Visitors are not concerned.',
        'Abort it with `switchyard abort`, or end the process that holds it: the lock is free as soon as that is gone.',
        false,
      ],
    ],
  ],
  [
    'a disk without room',
    () => ({ fullDisk: '1 GiB are free at /srv, a release needs 2 GiB.' }),
    [
      [
        'The disk is nearly full: 1 GiB are free at /srv, a release needs 2 GiB. Visitors are served; a release is refused.',
        'Make room, for example by `docker builder prune`.',
        false,
      ],
    ],
  ],
  [
    'a release that a running director has not settled yet',
    () => ({ journal: { ...soundJournal(), unfinished: [heldRelease(3, 'primary', 'secondary')] } }),
    [
      [
        'Release 3 to primary is under way in the journal, and nobody works on it. Visitors get what nginx serves; the next release waits for it.',
        'The director settles it within seconds; what keeps it from that is told by `switchyard status`.',
        false,
      ],
    ],
  ],
  [
    'what the live slot is started with',
    () => ({
      startFiles: [
        {
          slot: 'secondary',
          environment: { hash: HASH, state: 'lost' },
          preload: { hash: HASH, isThere: false },
          namesPreload: false,
        },
      ],
    }),
    [
      [
        `state/environments/${HASH}.env, the environment of secondary, which is live, is lost: its container can't be made anew. Visitors are served by what runs.`,
        "--fix takes it from app.env or from the slot's container, where one of them still has the same. Otherwise `switchyard deploy --build b2` releases the build with the app.env of now.",
        true,
      ],
      [
        `state/preload/${HASH}, which secondary, which is live, is started with, is lost or damaged: started again, by Docker too, the slot would end before it answers.`,
        '--fix lets the preload of now stand in for it.',
        true,
      ],
      [
        'state/preload/secondary.env does not name its preload to secondary, which is live, as it was started: a plain `docker compose up` would make its container anew.',
        '--fix writes it.',
        true,
      ],
    ],
  ],
  [
    'what the standby is started with',
    () => ({
      startFiles: [
        { slot: 'primary', environment: { hash: HASH, state: 'damaged' }, preload: null, namesPreload: true },
      ],
    }),
    [
      [
        `state/environments/${HASH}.env, the environment of primary, which stands by, is damaged: its container can't be made anew. Visitors are served by what runs.`,
        "--fix takes it from app.env or from the slot's container, where one of them still has the same. Otherwise the next deploy to it brings one of its own.",
        true,
      ],
      [
        'state/preload/primary.env names a preload to primary, which stands by, which was started without one: a plain `docker compose up` would make its container anew.',
        '--fix writes it.',
        true,
      ],
    ],
  ],
  [
    'the command line',
    () => ({ commandLine: { kept: 'damaged', host: 'lost', command: '/usr/local/bin/switchyard' } }),
    [
      [
        'state/cli, the command line that the director keeps, is damaged: `switchyard` works by containers or not at all. Visitors are not concerned.',
        '--fix starts the director anew, which makes it; while it runs it does so within a minute.',
        true,
      ],
      [
        '/usr/local/bin/switchyard, the command that set-up had installed, is missing. Visitors are not concerned.',
        '--fix installs it again.',
        true,
      ],
    ],
  ],
  [
    "another program's command of that name",
    () => ({ commandLine: { kept: 'whole', host: 'foreign', command: '/usr/local/bin/switchyard' } }),
    [
      [
        "/usr/local/bin/switchyard is another program's, in place of the command that set-up had installed. Visitors are not concerned.",
        "Move it away and run the doctor with --fix, or leave it: `npx switchyard` works in the project's directory.",
        false,
      ],
    ],
  ],
]

for (const [what, changes, expected] of CASES) {
  test(`the doctor says what is wrong with ${what}`, () => {
    const found = examine({ ...soundSight(), ...changes() })
    assert.deepEqual(
      found.map(({ sentence, remedy, mend }) => [sentence, remedy, mend !== null]),
      expected,
    )
  })
}

test('a new routing is what the director would write, and leaves out a standby that does not answer', () => {
  const seen = soundSight()
  const { state } = seen.routing
  assert.deepEqual(routingTo(seen, 'secondary'), { ...state, generation: 4 })
  const alone = routingTo({ ...seen, slots: { ...seen.slots, primary: silent } }, 'secondary')
  assert.deepEqual([alone.up, alone.pins], [['secondary'], [{ deploymentId: 'b2', slot: 'secondary' }]])
})

test('without a journal a new routing keeps what the newest generation says of the rest', () => {
  const seen: Seen = { ...soundSight(), journal: { kind: 'absent', copied: 0 } }
  const { state } = seen.routing
  assert.deepEqual(routingTo(seen, 'primary'), { ...state, generation: 4, live: 'primary', release: null })
})
