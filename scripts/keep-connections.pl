#!/usr/bin/perl
# Keeps visitors' connections over a reload of nginx: keep-connections.pl ADDRESS PORT WORKER...
#
# A worker that ends closes connections that lie idle, also one on which a request is on its way, and that request is lost.
# This takes a copy of each connection's descriptor out of the workers (pidfd_getfd(2)), so that it outlives them. What comes
# on one that a worker closed while it lay idle goes to the new workers at ADDRESS:PORT, as the last request on it.
# Perl, since it is the one language of the tools image that reaches the kernel's calls. It says `ready`, then waits for the
# reload, and ends by itself. Whatever goes wrong here, nginx does what it always did.
# From the start of the new workers until the old ones are told to end these are held still (SIGSTOP), so that none takes a
# connection after the last look. Meanwhile requests on connections that lie idle go to the new workers too: a worker that ends
# calls a connection kept in its answer to one, and then closes it. A process beside this one lets them go on if this one ends.
use strict;
use warnings;
use Errno qw(EAGAIN EINPROGRESS EINTR);
use Fcntl;
use IO::Select;
use POSIX ();
use Socket qw(:DEFAULT IPPROTO_TCP SO_ERROR);
use Time::HiRes qw(time);

my ($PIDFD_OPEN, $PIDFD_GETFD, $TCP_INFO) = (434, 438, 11);
my $LOOK_EVERY_S     = 0.01;
my $GLANCE_EVERY_S   = 0.003;
my $HELD_FOR_S       = 0.3;     # from the start of the new workers: nginx waits 100 ms, and is late on a busy machine
my $HELD_AT_MOST_S   = 2;
my $RELOAD_WITHIN_S  = 30;
my $IDLE_FOR_S       = 76;      # nginx's keepalive_timeout, and a little
my $UNSURE_FOR_S     = 5;
my $ONCE_FOR_S       = 1;
my $UNANSWERED_FOR_S = 0.5;     # how long before it is held still a worker may have got what it has not answered
my $WORKERS_LIVE_S   = 0.09;    # from the start of the new workers until the old ones are told to end: nginx waits 100 ms
my $RELAY_FOR_S      = 3600;    # as worker_shutdown_timeout
my $HEAD_CAP         = 128 * 1024;
my $BUFFER_CAP       = 256 * 1024;
my $CONNECTIONS_CAP  = 8192;

my ($address, $port, @workers) = @ARGV;
die "usage: keep-connections.pl ADDRESS PORT WORKER...\n" unless @workers;
my $target  = pack_sockaddr_in($port, inet_aton($address));
my $hexport = sprintf '%04X', $port;
# Each look that comes late may miss a connection, and what starves nginx starves this.
setpriority(0, 0, -20);
$SIG{PIPE} = 'IGNORE';
$| = 1;

my %worker;    # pid => { fd of the process, when it was last seen to serve, whether it ends }
for my $pid (@workers) {
    my $fd = syscall($PIDFD_OPEN, int $pid, 0);
    die "pidfd_open: $!\n" if $fd < 0;
    $worker{$pid} = { pidfd => $fd, served => time, ends => 0, gone => 0 };
}
my %kept;      # inode => { the connection, its worker, since when it is ours, and the way on }
my %answered_last;    # inodes of those on which the last answer was passed on
my $began = time;
my ($master) = slurp("/proc/$workers[0]/stat") =~ /\) \S (\d+)/;
my $reloaded;

look();
print "ready\n";
my $held;
my $next_look = time + $LOOK_EVERY_S;
until (is_over()) {
    serve(max(0, $reloaded ? $next_look - time : min($GLANCE_EVERY_S, $next_look - time)));
    hold_workers() if !$held && !$reloaded && newest_worker_began() > $began + 0.02;
    next if time < $next_look;
    look();
    $next_look = time + ($reloaded && time - $reloaded > 2 ? 0.1 : $LOOK_EVERY_S);
}

sub max { $_[0] > $_[1] ? $_[0] : $_[1] }
sub min { $_[0] < $_[1] ? $_[0] : $_[1] }

# Takes what the old workers have while they stand still, and lets them go on once they will have been told to end.
sub hold_workers {
    $held = time;
    pipe(my $ended, my $alive) or return;
    my $guard = fork() // return;
    if (!$guard) {
        close $alive;
        IO::Select->new($ended)->can_read(2 * $HELD_AT_MOST_S);
        kill 'CONT', keys %worker;
        POSIX::_exit(0);
    }
    close $ended;
    my $until = time + $HELD_AT_MOST_S;
    kill 'STOP', keys %worker;
    look();
    for my $it (values %kept) {
        $it->{answered} = has_answered($it->{socket});
        $it->{idle}     = $it->{answered} && lies_idle($it->{socket});
    }
    serve($GLANCE_EVERY_S) while time < $until && time < newest_worker_began() + $HELD_FOR_S;
    delete $_->{idle} for values %kept;
    kill 'CONT', keys %worker;
    close $alive;
    waitpid($guard, 0);
}

sub is_over {
    return time - $began > $RELOAD_WITHIN_S unless $reloaded;
    return 1 unless %kept || grep { !$_->{gone} } values %worker;
    return 1 if time - $reloaded > $RELAY_FOR_S;
    return time - $reloaded > $IDLE_FOR_S && !grep { $_->{onward} } values %kept;
}

# Takes what is new, and lets go of what a worker has closed by itself.
sub look {
    for my $pid (keys %worker) {
        my $it = $worker{$pid};
        next if $it->{gone};
        my %fds = sockets_of($pid);
        # Asked after its sockets: what was closed before it said that it ends was closed for another reason.
        my $title = slurp("/proc/$pid/cmdline");
        $it->{gone} = 1 if $title eq '';
        if (!$it->{ends} && ($it->{gone} || $title =~ /shutting down/)) {
            $it->{ends}   = 1;
            $it->{served} = max($it->{served}, $WORKERS_LIVE_S + newest_worker_began());
            $reloaded ||= time;
        }
        take($pid, $it, \%fds) unless $it->{ends};
        for my $inode (grep { $kept{$_}{pid} == $pid && !$kept{$_}{ours} && !exists $fds{$_} } keys %kept) {
            my $hold_for = $it->{ends} ? hold_for($kept{$inode}, $it) : 0;
            if ($hold_for) { $kept{$inode}{ours} = time + $hold_for }
            else           { drop($inode) }
        }
        $it->{served} = time unless $it->{ends};
    }
    return unless $reloaded;
    drop($_) for grep { !$kept{$_}{onward} && ($kept{$_}{ours} || $reloaded + $IDLE_FOR_S) < time } keys %kept;
}

# When the newest process of nginx was made that is not one of the workers that end; 0 where nobody knows.
sub newest_worker_began {
    my ($uptime) = slurp('/proc/uptime') =~ /^([\d.]+)/ or return 0;
    my $newest = 0;
    for my $pid (map { slurp("/proc/$_/task/$_/children") =~ /\d+/g } grep { $_ } $master) {
        next if $worker{$pid};
        my ($ticks) = slurp("/proc/$pid/stat") =~ /\)(?: \S+){19} (\d+)/ or next;
        $newest = max($newest, time - ($uptime - $ticks / 100));
    }
    return $newest;
}

sub take {
    my ($pid, $it, $fds) = @_;
    my @new = grep { !$kept{$_} && !$it->{others}{$_} && !$answered_last{$_} } keys %$fds;
    return unless @new;
    my %wanted = map { $_ => 1 } connections_of($pid);
    $it->{others} = { map { $_ => 1 } grep { !$kept{$_} && !$wanted{$_} } keys %$fds };
    for my $inode (grep { $wanted{$_} } @new) {
        last if keys %kept >= $CONNECTIONS_CAP;
        my $fd = syscall($PIDFD_GETFD, $it->{pidfd}, int $fds->{$inode}, 0);
        die "pidfd_getfd: $!\n" if $fd < 0 && !$reloaded && !%kept && $!{EPERM};
        next if $fd < 0;
        open(my $socket, '+<&=', $fd) or next;
        # Its number may have become another connection's meanwhile.
        if ((stat $socket)[1] != $inode) { close $socket; next }
        $kept{$inode} = { socket => $socket, pid => $pid, in => '', out => '', answered => has_answered($socket) };
    }
}

sub sockets_of {
    my ($pid) = @_;
    opendir(my $dir, "/proc/$pid/fd") or return;
    return map { (readlink("/proc/$pid/fd/$_") // '') =~ /^socket:\[(\d+)\]$/ ? ($1 => $_) : () } grep { /^\d/ } readdir $dir;
}

# The inodes of established connections to the port.
sub connections_of {
    my ($pid) = @_;
    my @found;
    for my $line (split /\n/, slurp("/proc/$pid/net/tcp")) {
        my (undef, undef, $local, undef, $state, undef, undef, undef, undef, undef, $inode) = split /\s+/, $line;
        push @found, $inode if defined $inode && $state eq '01' && $local =~ /:\Q$hexport\E$/;
    }
    return @found;
}

# What the kernel knows of a connection (struct tcp_info): its state (1 is established, 8 is ended by the visitor), for how many
# milliseconds nothing was sent and received on it, and how many parts came and went.
sub known_of {
    my $info = getsockopt($_[0], IPPROTO_TCP, $TCP_INFO) or return;
    my ($state, $sent_ms_ago, $received_ms_ago) = unpack 'Cx43Lx4L', $info;
    my ($parts_received, $parts_sent) = length $info >= 160 ? unpack('x152LL', $info) : (0, 0);
    return { state => $state, sent_ms_ago => $sent_ms_ago, received_ms_ago => $received_ms_ago,
        parts_received => $parts_received, parts_sent => $parts_sent };
}

# Whether anything was sent on it.
sub has_answered {
    my $known = known_of($_[0]) or return 0;
    return $known->{parts_sent} > 0;
}

# Whether what came on it was answered, as far as the times of both tell.
sub lies_idle {
    my $known = known_of($_[0]) or return 0;
    return $known->{state} == 1 && $known->{sent_ms_ago} < $known->{received_ms_ago};
}

# For how long one that an ending worker has closed is held. Where nothing was sent on it since the worker was last seen to
# serve, it lay idle. So it will where an answer had come on it before and its last request came while the workers were held still:
# the worker answers that as one of many. Else its last answer may have said that the connection ends with it: then the visitor ends
# it, or waits for its end, as one does who asks once. All that were held still are closed at one moment, and a busy visitor
# sends on many of them before it sees an end.
sub hold_for {
    my ($kept, $worker) = @_;
    my $known = known_of($kept->{socket}) or return 0;
    return 0 unless $known->{state} == 1 || $known->{state} == 8;
    return $IDLE_FOR_S if time - $known->{sent_ms_ago} / 1000 < $worker->{served} + 0.002;
    return $IDLE_FOR_S if $kept->{answered} && $held && time - $known->{received_ms_ago} / 1000 > $held - $UNANSWERED_FOR_S;
    return $known->{parts_received} > 1 ? $UNSURE_FOR_S : $ONCE_FOR_S;
}

# Waits at most so long, and passes on what has come.
sub serve {
    my ($seconds) = @_;
    my ($reads, $writes) = (IO::Select->new, IO::Select->new);
    my %of;
    for my $inode (grep { $kept{$_}{ours} || $kept{$_}{idle} } keys %kept) {
        my $it = $kept{$inode};
        $reads->add($it->{socket}) if length $it->{in} < $BUFFER_CAP && !$it->{client_ended};
        $writes->add($it->{socket}) if length $it->{out};
        if ($it->{onward}) {
            $reads->add($it->{onward}) if length $it->{out} < $BUFFER_CAP && !$it->{answer_ended};
            $writes->add($it->{onward}) if length $it->{in};
        }
        $of{ fileno $_ } = $inode for grep { defined } $it->{socket}, $it->{onward};
    }
    my ($readable, $writable) = IO::Select::select($reads, $writes, undef, $seconds);
    my %touched = map { $of{ fileno $_ } => 1 } @{ $readable || [] }, @{ $writable || [] };
    move($_) for keys %touched;
}

sub move {
    my ($inode) = @_;
    my $it = $kept{$inode} or return;
    return if !$it->{ours} && !takes_over($it);
    if (!$it->{client_ended}) {
        my $read = pull($it->{socket}, \$it->{in});
        return drop($inode) if !defined $read;
        $it->{client_ended} = 1 if $read eq 'end';
    }
    return drop($inode) if $it->{client_ended} && !$it->{onward};
    if (!$it->{onward}) {
        return if $it->{in} eq '';
        return drop($inode) if length $it->{in} >= $HEAD_CAP;
        return unless $it->{in} =~ /\r\n\r\n/;
        $it->{in} = as_last($it->{in});
        $it->{onward} = onward() or return drop($inode);
    }
    push_out($it->{onward}, \$it->{in}) // return drop($inode);
    shutdown($it->{onward}, 1) if $it->{client_ended} && $it->{in} eq '' && !$it->{told}++;
    if (!$it->{answer_ended}) {
        my $read = pull($it->{onward}, \$it->{out});
        return drop($inode) if !defined $read && $it->{out} eq '';
        $it->{answer_ended} = 1 if !defined $read || $read eq 'end';
    }
    push_out($it->{socket}, \$it->{out}) // return drop($inode);
    drop($inode) if $it->{answer_ended} && $it->{out} eq '';
}

# What comes on an idle connection while its worker is held still is ours where it begins a request: a WebSocket's frames do not.
sub takes_over {
    my ($it) = @_;
    delete $it->{idle};
    defined recv($it->{socket}, my $head, $HEAD_CAP, MSG_PEEK | MSG_DONTWAIT) or return 0;
    return 0 unless $head =~ m{^[A-Z]+ \S+ HTTP/1\.[01]\r\n};
    return $it->{ours} = time + $IDLE_FOR_S;
}

# Only the worker's own answer tells a visitor that the connection ends with it. What becomes a WebSocket is passed as it is.
sub as_last {
    my ($head, $rest) = split /\r\n\r\n/, $_[0], 2;
    return $_[0] if $head =~ /^Upgrade:/mi;
    $head =~ s/\r\nConnection:[^\r\n]*//gi;
    return "$head\r\nConnection: close\r\n\r\n$rest";
}

sub onward {
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or return;
    fcntl($socket, F_SETFL, O_NONBLOCK | fcntl($socket, F_GETFL, 0)) or return;
    return $socket if connect($socket, $target) || $! == EINPROGRESS;
    return;
}

# 'end' at the end, undef where the connection is broken.
sub pull {
    my ($socket, $buffer) = @_;
    fcntl($socket, F_SETFL, O_NONBLOCK | fcntl($socket, F_GETFL, 0));
    my $count = sysread($socket, $$buffer, 65536, length $$buffer);
    return $count ? 'some' : 'end' if defined $count;
    return $! == EAGAIN || $! == EINTR || $!{ENOTCONN} ? 'none' : undef;
}

sub push_out {
    my ($socket, $buffer) = @_;
    return 0 if $$buffer eq '';
    my $count = syswrite($socket, $$buffer);
    if (!defined $count) { return $! == EAGAIN || $! == EINTR || $!{ENOTCONN} ? 0 : undef }
    substr($$buffer, 0, $count, '');
    return $count;
}

# Where a worker has it too, it stays open there.
sub drop {
    my ($inode) = @_;
    my $it = delete $kept{$inode} or return;
    $answered_last{$inode} = 1 if $it->{onward};
    close $_ for grep { defined } $it->{socket}, $it->{onward};
}

sub slurp {
    my ($path) = @_;
    open(my $file, '<', $path) or return '';
    local $/;
    return scalar(<$file>) // '';
}
