// queue.pml: pushing, taking, leasing, and what becomes of it when those who do it die. Model of
// structures/include/stoa/queue_claims.hpp, queue_lease.hpp and structures/src/queue_recovery.cpp, with lanes.hpp.
//
// Three processes on one queue, one operation each: any that the run allows. Each may die, or stop for good, between any
// two accesses to shared memory. In the end one who comes later puts things right and takes stock. What is what, and
// what is left out: docs/models.md.
//
// Check: push_push     DEATHS=1 FIRST=PUSH SECOND=PUSH THIRD=SETTLE
// Check: push_pop      DEATHS=2 FIRST=PUSH SECOND=POP THIRD=SETTLE
// Check: pop_pop       DEATHS=1 FIRST=POP SECOND=POP THIRD=SETTLE
// Check: lease_pop     DEATHS=1 FIRST=COMMIT SECOND=POP THIRD=SETTLE
// Check: abort_pop     DEATHS=1 FIRST=ABORT SECOND=POP THIRD=SETTLE
// Check: two_repairers DEATHS=2 FILLED=2 FIRST=POP SECOND=SETTLE THIRD=SETTLE
// Check: abort_two     DEATHS=1 FIRST=ABORT SECOND=POP THIRD=POP
// Check: newcomer      DEATHS=1 FIRST=PUSH SECOND=POP THIRD=POP LATE
// Check: push_stop     DEATHS=1 STOPS=1 FIRST=PUSH SECOND=PUSH THIRD=SETTLE
// Check: pop_stop      DEATHS=1 STOPS=1 FIRST=POP SECOND=POP THIRD=SETTLE
// Check: one_slot      DEATHS=1 CAP=1 FILLED=1 FIRST=PUSH SECOND=POP THIRD=SETTLE
// Check: full          DEATHS=1 FILLED=2 FIRST=PUSH SECOND=POP THIRD=PUSH
// Check: batches       DEATHS=1 FILLED=0 FIRST=PUSH_TWO SECOND=POP_TWO THIRD=SETTLE
// Check: batch_pop     DEATHS=1 FILLED=2 FIRST=POP_TWO SECOND=POP THIRD=SETTLE
// Bug: BUG_PUBLISHED_FIRST        push_pop   the word says full before the payload is written
// Bug: BUG_NAMED_AFTER            push_pop   a push names its ticket after it has taken it
// Bug: BUG_FORGOTTEN_FIRST        push_pop   a push forgets its name before it has published
// Bug: BUG_REPAIR_BY_TIMEOUT      push_pop   who is slow is taken for dead
// Bug: BUG_SPOKEN_FOR_IGNORED     push_push  a dead process's name is settled although a living one has the ticket
// Bug: BUG_MOVED_FORGOTTEN_FIRST  two_repairers  a dead process's intent is cleared before its copy is written
// Bug: BUG_DEAD_NAME_FIRST        abort_pop  an element is taken back, and its old name cleared before the new one is written
// Bug: BUG_TWO_HEIRS              abort_two  elements are taken back without the recovery word
//

#ifndef CAP
#define CAP 2                // slots
#endif
#ifndef FILLED
#define FILLED 1             // elements in it at first
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef FIRST
#define FIRST ANY            // what the first process does, the second, the third
#endif
#ifndef SECOND
#define SECOND ANY
#endif
#ifndef THIRD
#define THIRD ANY
#endif
#define USERS 3
#define AUDITOR 4
#define WHO 5
#define LANES 4
#define NAMES 2              // of a lane: its intent and one lease
#define TICKETS 12

// What they can do. A lease ends in commit, in abort, or with the death of who holds it.
#define ANY 0
#define PUSH 1
#define POP 2
#define COMMIT 3
#define ABORT 4
#define SETTLE 5
#define PUSH_TWO 6           // push_n
#define POP_TWO 7            // pop_n

// --- shared memory ---
// The word of a slot, as in queue_slot.hpp.
#define word_of(ticket, state) ((ticket) * 4 + (state))
#define FREE 0
#define FULL 1
#define ABANDONED 2
byte word[CAP];
byte payload[CAP];
byte tail, head, recovery;
bool recall;
#define slot(ticket) ((ticket) % CAP)
#define free_after(ticket) word_of((ticket) + CAP, FREE)

// Lanes, as in lanes.hpp: what = operation + 8 * count.
#define NONE 0
#define push_ 1
#define pushing_ 2
#define pop_ 3
#define popped_ 4
#define lease_ 5
#define returned_ 6
#define make_what(op, count) ((op) + 8 * (count))
#define op_of(what) ((what) % 8)
#define count_of(what) ((what) / 8)
#define NOBODY 0
#define LEFT 255             // abandoned_owner
byte owner[LANES];
byte what[LANES * NAMES];
byte tick[LANES * NAMES];
byte lanes_used;

// --- ghosts ---
byte value[TICKETS];         // what was published under a ticket, 0 nothing
bool is_spent[TICKETS];      // whether that was consumed for good
byte pusher[TICKETS];        // who claimed it to write, and has not published it
bool dead[WHO], stopped[WHO], is_done[WHO];
byte deaths, stops;

#define lives(who) ((who) != NOBODY && (who) != LEFT && !dead[who])  // attachment::is_alive
#ifdef BUG_REPAIR_BY_TIMEOUT
#define seems_dead(who) true                       // too slow for somebody's patience
#else
#define seems_dead(who) (!lives(who))
#endif
#define covers(ticket) ((ticket) >= at && (ticket) < at + count_of(seen))
#define name_of(lane, number) ((lane) * NAMES + (number))

// --- lanes.hpp ---
inline write_name(x, that, ticket) {
  tick[x] = ticket;                                // R3 -> A2
  what[x] = that                                   // R1 -> A1
}
inline forget(x) { what[x] = 0 }                   // R2 -> A1

// `then` sees seen and at, if what and ticket belonged together. The code tries four times: see docs/models.md.
#define read_name(x, then) \
  if \
  :: atomic { what[x] == 0 } /* A1 */ \
  :: atomic { what[x] != 0 -> seen = what[x] }; /* A1 */ \
    at = tick[x]; /* A2 */ \
    atomic { if :: what[x] == seen -> then :: else fi; seen = 0; at = 0 } \
  fi

// attachment::take_free_lane
inline take_free_lane() {
  i = 0;
  do
  :: atomic { owner[i] != NOBODY -> i++ }
  :: atomic { owner[i] == NOBODY };
    atomic { if :: lanes_used < i + 1 -> lanes_used = i + 1 :: else fi };  // R2
    atomic { if :: owner[i] == NOBODY -> owner[i] = me; mine = i :: else -> i++ fi };
    if :: atomic { mine != LANES -> i = 0; break } :: mine == LANES fi
  od;
  forget(name_of(mine, 0))
}

// --- queue_recovery.cpp ---
inline step_over_abandoned() {
  t = head;
  n = 0;
  do
  :: atomic { n == CAP || word[slot(t)] != word_of(t, ABANDONED) -> break }     // A2 <- R3
  :: atomic { n < CAP && word[slot(t)] == word_of(t, ABANDONED) };
    atomic { if :: head == t -> head = t + 1 :: else fi };
    atomic { if :: word[slot(t)] == word_of(t, ABANDONED) -> word[slot(t)] = free_after(t) :: else fi; t++; n++ }  // R2
  od;
  n = 0
}

// spoken: whether somebody else may own the ticket
#define speaks(ticket, a, b, c) (covers(ticket) && (op_of(seen) == a || op_of(seen) == b || op_of(seen) == c))
inline is_spoken_for(ticket, a, b, c, certainly, except) {
  atomic { spoken = false; j = 0; known_dead = LEFT; used = lanes_used };
  do
  :: atomic { j == used || spoken -> break }
  :: atomic { j < used && !spoken && j == except -> j++ }
  :: atomic { j < used && !spoken && j != except };
    read_name(name_of(j, 0), named = named || speaks(ticket, a, b, c));
    read_name(name_of(j, 1), named = named || speaks(ticket, a, b, c));
    if
    :: atomic { !named -> j++ }
    :: atomic { named && owner[j] == NOBODY -> j++; named = false }
    :: atomic { named && owner[j] != NOBODY -> by = owner[j]; named = false };
      if
      :: atomic { by != known_dead && lives(by) -> spoken = true; by = 0 }
      :: atomic { by == known_dead || seems_dead(by) -> known_dead = by; by = 0 };
        // Looked at again: he may have gone on before he died.
        read_name(name_of(j, 0), named = named || speaks(ticket, certainly, certainly, certainly));
        read_name(name_of(j, 1), named = named || speaks(ticket, certainly, certainly, certainly));
        atomic { spoken = named; named = false; j++ }
      fi
    fi
  od;
#ifdef BUG_SPOKEN_FOR_IGNORED
  spoken = false;
#endif
  atomic { j = 0; known_dead = 0; used = 0 }
}

// A slot whose pusher is dead for certain is passed over.
inline abandon(ticket, from) {
  if
  :: word[slot(ticket)] == word_of(ticket, from) ->
    word[slot(ticket)] = word_of(ticket, ABANDONED);                            // R3 -> A2
    assert(value[ticket] == 0);                    // nothing that took effect is lost
    assert(!lives(pusher[ticket]));                // slow is not dead
    pusher[ticket] = NOBODY
  :: else
  fi
}

inline settle_push() {
  is_over = true;
  if
  :: atomic { d_op == pushing_ && tail > d_tick };
    if
    :: atomic { word[slot(d_tick)] != word_of(d_tick, FREE) }
    :: atomic { word[slot(d_tick)] == word_of(d_tick, FREE) -> n = d_count };
      do
      :: atomic { n == 0 -> break }
      :: atomic { n > 0 -> n--; t = d_tick + n; is_free = (word[slot(t)] == word_of(t, FREE)); abandon(t, FREE) };
        if
        :: atomic { is_free -> is_free = false }
        :: atomic { !is_free -> abandon(t, FULL) }
        fi
      od
    fi
  :: atomic { d_op == pushing_ && tail <= d_tick }
  :: atomic { d_op == push_ -> n = 0 };
    do
    :: atomic { n == d_count || tail <= d_tick + n -> break }                   // A1
    :: atomic { n < d_count && tail > d_tick + n -> t = d_tick + n };
      if
      :: atomic { word[slot(t)] != word_of(t, FREE) -> n++ }
      :: atomic { word[slot(t)] == word_of(t, FREE) };
        is_spoken_for(t, push_, pushing_, pushing_, pushing_, i);
        atomic { if :: spoken -> is_over = false :: else -> abandon(t, FREE) fi; spoken = false; n++ }
      fi
    od
  fi;
  atomic { t = 0; n = 0 }
}

// whether all of d_count elements from d_tick on are freed, or were never taken
inline look_whether_over() {
  atomic { is_over = true; n = 0 };
  do
  :: atomic { n == d_count || !is_over -> break }
  :: atomic { n < d_count && is_over && word[slot(d_tick + n)] != word_of(d_tick + n, FULL) -> n++ }
  :: atomic { n < d_count && is_over && word[slot(d_tick + n)] == word_of(d_tick + n, FULL) };
    atomic { is_over = !(head > d_tick + n); n++ }
  od;
  n = 0
}

// place: NAMES * LANES if there is none. Of one lease name; the code has eight.
inline free_lease(where) {
  atomic { place = NAMES * LANES; d_op2 = op_of(what[name_of(where, 1)]) };
  if
  :: atomic { d_op2 == NONE -> place = name_of(where, 1) }
  :: atomic { d_op2 == returned_ -> keep_op = d_op; keep_count = d_count; keep_tick = d_tick; d_op = NONE };
    read_name(name_of(where, 1), d_op = op_of(seen); d_count = count_of(seen); d_tick = at);
    if
    :: d_op == NONE
    :: d_op != NONE ->
      look_whether_over();
      if :: is_over -> forget(name_of(where, 1)); place = name_of(where, 1) :: !is_over fi
    fi;
    atomic { d_op = keep_op; d_count = keep_count; d_tick = keep_tick; keep_op = 0; keep_count = 0; keep_tick = 0 }
  :: atomic { d_op2 != NONE && d_op2 != returned_ }
  fi;
  d_op2 = 0
}

inline settle_name(k) {
  read_name(name_of(i, k), d_op = op_of(seen); d_count = count_of(seen); d_tick = at);
  if
  :: d_op == NONE
  :: d_op != NONE ->
    if
    :: d_op == push_ || d_op == pushing_ -> settle_push()
    :: d_op == popped_ ->
      is_over = true;
      do
      :: atomic { n == d_count || head <= d_tick + n -> break }
      :: atomic { n < d_count && head > d_tick + n };
        atomic {
          if
          :: word[slot(d_tick + n)] == word_of(d_tick + n, FULL) -> word[slot(d_tick + n)] = free_after(d_tick + n)
          :: else
          fi;
          n++
        }
      od;
      n = 0
    :: d_op == pop_ || d_op == lease_ || d_op == returned_ ->
      look_whether_over();
      if
      :: is_over
      :: !is_over ->
        if
        :: k != 0 -> what[name_of(i, k)] = make_what(returned_, d_count)
        :: k == 0 ->
          free_lease(i);
          if
          :: atomic { place != NAMES * LANES };
#ifdef BUG_MOVED_FORGOTTEN_FIRST
            forget(name_of(i, k));
#endif
            write_name(place, make_what(returned_, d_count), d_tick);
            forget(name_of(i, k))
          :: atomic { place == NAMES * LANES }
          fi;
          is_over = false; place = 0
        fi;
        recall = true
      fi
    fi;
    if :: is_over -> forget(name_of(i, k)) :: !is_over fi;
    atomic { d_op = 0; d_count = 0; d_tick = 0; is_over = false }
  fi
}

// The oldest element that was taken, is still there, and belongs to nobody.
inline look_at_name(k) {
  read_name(name_of(i, k), d_op = op_of(seen); d_count = count_of(seen); d_tick = at);
  if
  :: atomic { d_op == pop_ || d_op == lease_ };
    if
    :: atomic { !is_asked -> by = owner[i] }; atomic { is_asked = true; owner_lives = lives(by); by = 0 }
    :: is_asked
    fi;
    if :: atomic { owner_lives -> d_count = 0 } :: !owner_lives fi
  :: atomic { d_op != pop_ && d_op != lease_ -> if :: d_op == returned_ :: else -> d_count = 0 fi }
  fi;
  do
  :: atomic { n >= d_count -> break }
  :: atomic { n < d_count && word[slot(d_tick + n)] != word_of(d_tick + n, FULL) -> n++ }
  :: atomic { n < d_count && word[slot(d_tick + n)] == word_of(d_tick + n, FULL) };
    if
    :: atomic { head <= d_tick + n -> n++ }
    :: atomic { head > d_tick + n };
      is_spoken_for(d_tick + n, pop_, popped_, lease_, popped_, LANES);
      if
      :: atomic { spoken -> spoken = false; n++ }
      :: atomic { !spoken && word[slot(d_tick + n)] != word_of(d_tick + n, FULL) -> n++ }
      :: atomic { !spoken && word[slot(d_tick + n)] == word_of(d_tick + n, FULL) ->  // full again
          is_only = is_only && found == NAMES * LANES && n + 1 == d_count;
          if
          :: found == NAMES * LANES || found_tick > d_tick + n -> found = name_of(i, k); found_tick = d_tick + n
          :: else
          fi;
          break }
      fi
    fi
  od;
  atomic { n = 0; d_op = 0; d_count = 0; d_tick = 0 }
}
inline oldest_orphan() {
  atomic { found = NAMES * LANES; is_only = true; i = 0; most = lanes_used };
  do
  :: atomic { i == most -> break }
  :: atomic { i < most };
    look_at_name(0);
    look_at_name(1);
    atomic { is_asked = false; owner_lives = false; i++ }
  od;
  atomic { i = 0; most = 0 }
}

// queue_bytes::settle, attachment::settle_lanes
inline settle() {
  atomic { i = 0; most = lanes_used; known = LEFT };
  do
  :: atomic { i == most -> break }
  :: atomic { i < most && (owner[i] == NOBODY || owner[i] == me) -> i++ }      // A1 <- R1
  :: atomic { i < most && owner[i] != NOBODY && owner[i] != me -> whose = owner[i] };
    read_name(name_of(i, 0), is_named = true);
    read_name(name_of(i, 1), is_named = true);
    if
    :: atomic { !is_named -> i++ }
    :: atomic { is_named && whose != known && lives(whose) -> i++ }
    :: atomic { is_named && (whose == known || seems_dead(whose)) -> known = whose };
      if
      :: atomic { owner[i] != whose -> i++ }
      :: atomic { owner[i] == whose -> owner[i] = me };                        // exactly one takes over (I2)
        settle_name(0);
        settle_name(1);
        atomic {                                                               // release: R1 -> A1
          owner[i] = (what[name_of(i, 0)] == 0 && (op_of(what[name_of(i, 1)]) == NONE ||
                      op_of(what[name_of(i, 1)]) == returned_) -> NOBODY : LEFT);
          i++
        }
      fi
    fi;
    atomic { is_named = false; whose = 0 }
  od;
  atomic { i = 0; most = 0; known = 0 };
  step_over_abandoned();
  if
  :: recall
  :: !recall ->                                                                // a hint that a death can lose
    oldest_orphan();
    if :: found != NAMES * LANES -> recall = true :: found == NAMES * LANES fi
  fi;
  atomic { found = 0; found_tick = 0; is_only = false; t = 0 }
}

// got: the ticket was taken back
inline take_back(x, op) {
  heir = recovery;
  if
  :: atomic { heir != NOBODY && lives(heir) }
  :: atomic { heir == NOBODY || seems_dead(heir) };
    if
#ifndef BUG_TWO_HEIRS
    :: atomic { recovery != heir }
    :: atomic { recovery == heir -> recovery = me };                           // A4 <- R4
#else
    :: true ->
#endif
      recall = false;
      oldest_orphan();
      if
      :: found != NAMES * LANES ->
#ifdef BUG_DEAD_NAME_FIRST
        what[found] = 0;
#endif
        write_name(x, make_what(op, 1), found_tick);
        if
        :: atomic { tick[found] == found_tick };
          atomic { if :: what[found] == make_what(returned_, 1) -> what[found] = 0 :: else fi }
        :: atomic { tick[found] != found_tick }
        fi;
        if :: !is_only -> recall = true :: is_only fi;
        atomic { got = true; t = found_tick }
      :: found == NAMES * LANES
      fi;
      recovery = NOBODY                                                        // R4 -> A4
    fi
  fi;
  atomic { heir = 0; found = 0; found_tick = 0; is_only = false }
}

// --- queue_claims.hpp ---
inline publish(ticket) {
  atomic {
    assert(word[slot(ticket)] == word_of(ticket, FREE) && pusher[ticket] == me);  // nobody took it from who lives
    word[slot(ticket)] = word_of(ticket, FULL);                                // R1 -> A2
    value[ticket] = ticket + 1; pusher[ticket] = NOBODY
  }
}

inline push(x) {
  t = tail;
  do
  :: atomic { word[slot(t)] == word_of(t, FREE) };                             // A1 <- R2
#ifndef BUG_NAMED_AFTER
    tick[x] = t;                                                               // lanes R3 (also of a rename)
    if :: atomic { !is_named -> is_named = true; what[x] = make_what(push_, 1) } :: is_named fi;
#endif
    atomic { if :: tail == t -> tail = t + 1; pusher[t] = me; got = true :: else -> t = tail fi };  // CAS
    if
    :: got ->
#ifdef BUG_NAMED_AFTER
      write_name(x, make_what(push_, 1), t);
#endif
#ifdef BUG_PUBLISHED_FIRST
      publish(t);
      payload[slot(t)] = t + 1;
#else
      payload[slot(t)] = t + 1;
#ifdef BUG_FORGOTTEN_FIRST
      forget(x);
#endif
      publish(t);
#endif
      break
    :: !got
    fi
  :: atomic { CAP <= t && word[slot(t)] == word_of(t - CAP, ABANDONED) };      // is_passed
    if
    :: atomic { head <= t - CAP -> break }
    :: atomic { head > t - CAP };
      atomic { if :: word[slot(t)] == word_of(t - CAP, ABANDONED) -> word[slot(t)] = word_of(t, FREE) :: else fi }  // R2
    fi
  :: atomic { word[slot(t)] < word_of(t, FREE) && word[slot(t)] != word_of(t - CAP, ABANDONED) -> break }  // I5
  :: atomic { word[slot(t)] > word_of(t, FREE) };
    atomic { if :: tail == t -> break :: else -> t = tail fi }                 // a peer took this ticket
  od;
  if :: atomic { is_named || got }; forget(x) :: !is_named && !got fi;
  atomic { is_named = false; got = false; t = 0 }
}

// how many slots from t on are in that state
inline run_of(state) {
  row = 0;
  do
  :: atomic { row == 2 || word[slot(t + row)] != word_of(t + row, state) -> break }
  :: atomic { row < 2 && word[slot(t + row)] == word_of(t + row, state) -> row++ }
  od
}

inline push_two(x) {
  t = tail;
  do
  :: run_of(FREE);
    if
    :: row == 0 ->
      atomic { if :: tail == t -> break :: else -> t = tail fi }
    :: row != 0 ->
      write_name(x, make_what(push_, row), t);
      atomic { if :: tail == t -> tail = t + row; got = true; n = row; pusher[t] = me; pusher[t + n - 1] = me
                  :: else -> t = tail fi };
      if
      :: got ->
        what[x] = make_what(pushing_, row);
        do :: atomic { n > 0 -> n--; payload[slot(t + n)] = t + n + 1 } :: n == 0 -> break od;
        if
        :: atomic { row == 2 ->
            assert(word[slot(t + 1)] == word_of(t + 1, FREE) && pusher[t + 1] == me);
            word[slot(t + 1)] = word_of(t + 1, FULL) }
        :: row != 2
        fi;
        atomic {                                                               // all of them take effect
          if :: row == 2 -> value[t + 1] = t + 2; pusher[t + 1] = NOBODY :: else fi;
          publish(t)
        };
        forget(x);
        break
      :: !got -> forget(x)
      fi
    fi
  od;
  atomic { got = false; row = 0; t = 0 }
}

// got: ticket t is taken, and named in x as op
inline take(x, op) {
  if
  :: recall -> take_back(x, op)
  :: !recall
  fi;
  if
  :: got
  :: !got ->
    t = head;
    do
    :: atomic { word[slot(t)] == word_of(t, FULL) };                           // A2 <- R1
      tick[x] = t;
      if :: atomic { !is_named -> is_named = true; what[x] = make_what(op, 1) } :: is_named fi;
      atomic { if :: head == t -> head = t + 1; got = true; break :: else -> t = head fi }
    :: atomic { word[slot(t)] <= word_of(t, FREE) -> break }
    :: atomic { word[slot(t)] == word_of(t, ABANDONED) -> back = t };
      step_over_abandoned();
      t = back; back = 0;
      atomic { if :: head == t -> break :: else -> t = head fi }
    :: atomic { word[slot(t)] > word_of(t, ABANDONED) };
      atomic { if :: head == t -> break :: else -> t = head fi }
    od;
    if :: atomic { is_named && !got }; forget(x) :: !is_named || got fi
  fi;
  is_named = false
}

inline spend(ticket) {
  assert(value[ticket] != 0 && !is_spent[ticket]);                             // nothing comes twice
  assert(word[slot(ticket)] == word_of(ticket, FULL));
  is_spent[ticket] = true
}
inline retire(x) {                                                             // finish_pop, queue_lease::commit
  assert(payload[slot(t)] == t + 1);                                           // whole
  atomic { spend(t); word[slot(t)] = free_after(t) };                          // R2 -> A1
  forget(x);
  atomic { got = false; t = 0 }
}
inline give_back(x) {                                                          // queue_lease::abort
  what[x] = make_what(returned_, 1);
  recall = true;
  atomic { got = false; t = 0 }
}

inline pop_two(x) {
  t = head;
  do
  :: recall -> break
  :: !recall ->
    run_of(FULL);
    if
    :: row == 0 -> atomic { if :: head == t -> break :: else -> t = head fi }
    :: row != 0 ->
      write_name(x, make_what(pop_, row), t);
      atomic { if :: head == t -> head = t + row; got = true :: else -> t = head fi };
      if
      :: got ->
        atomic { n = 0; assert(payload[slot(t)] == t + 1); assert(row != 2 || payload[slot(t + 1)] == t + 2) };
        atomic { what[x] = make_what(popped_, row);                            // point of effect
          spend(t); if :: row == 2 -> spend(t + 1) :: else fi };
        do
        :: atomic { n < row -> word[slot(t + n)] = free_after(t + n); n++ }
        :: atomic { n == row -> break }
        od;
        forget(x);
        break
      :: !got -> forget(x)
      fi
    fi
  od;
  atomic { got = false; row = 0; n = 0; t = 0 }
}

#define LOCALS \
  byte i, j, n, t, back, row, at, seen, used, most, known, known_dead, by, whose, heir, place, found, found_tick; \
  byte d_op, d_op2, d_count, d_tick, keep_op, keep_count, keep_tick; \
  bool got, named, is_named, spoken, is_over, is_free, is_asked, owner_lives, is_only

proctype user(byte me, does) {
  byte mine = me - 1, op;
  LOCALS;
  {
#ifdef LATE
    if
    :: me == USERS -> mine = LANES; settle(); take_free_lane()                 // queue::adopt, then the first use
    :: me != USERS
    fi;
#endif
    if
    :: does == PUSH -> push(name_of(mine, 0))
    :: does == PUSH_TWO -> push_two(name_of(mine, 0))
    :: does == POP_TWO -> pop_two(name_of(mine, 0))
    :: does == SETTLE -> settle()
    :: does == POP || does == COMMIT || does == ABORT ->
      if
      :: does == POP -> atomic { place = name_of(mine, 0); op = pop_ }
      :: does != POP -> op = lease_; free_lease(mine)
      fi;
      if
      :: place != NAMES * LANES ->
        take(place, op);
        if
        :: got && does != ABORT -> retire(place)
        :: got && does == ABORT -> give_back(place)
        :: !got
        fi
      :: place == NAMES * LANES                                                // too_many_leases
      fi
    fi;
    is_done[me] = true
  } unless { dead[me] || stopped[me] };
  d_step {
    is_done[me] = !stopped[me];
    i = 0; j = 0; n = 0; t = 0; back = 0; row = 0; at = 0; seen = 0; used = 0; most = 0; known = 0; known_dead = 0;
    by = 0; whose = 0; heir = 0; place = 0; found = 0; found_tick = 0; d_op = 0; d_op2 = 0; d_count = 0; d_tick = 0;
    keep_op = 0; keep_count = 0; keep_tick = 0; got = false; named = false; is_named = false; spoken = false;
    is_over = false; is_free = false; is_asked = false; owner_lives = false; is_only = false; mine = 0; op = 0
  }
}

// Who dies and who stops, at which moment: any, or nobody any more.
proctype scheduler() {
  byte who;
  do
  :: atomic { deaths < DEATHS -> select(who : 1 .. USERS);
      if :: !is_done[who] && !dead[who] && !stopped[who] -> dead[who] = true; deaths++ :: else fi; who = 0 }
  :: atomic { stops < STOPS -> select(who : 1 .. USERS);
      if :: !is_done[who] && !dead[who] && !stopped[who] -> stopped[who] = true; stops++ :: else fi; who = 0 }
  :: break
  od
}

// Whether a stopped process says something about that ticket in a lane of its own, or one it has taken over.
inline look_for_stopped(ticket, a, b, c) {
  j = 0;
  do
  :: j < lanes_used * NAMES ->
    seen = what[j]; at = tick[j];
    is_over = is_over || (owner[j / NAMES] < WHO && stopped[owner[j / NAMES]] && speaks(ticket, a, b, c));
    j++
  :: else -> break
  od;
  seen = 0; at = 0; j = 0
}

// Somebody comes when nobody else does anything any more, puts things right, and takes out what is there.
proctype audit() {
  byte me = AUDITOR, mine = LANES, round, ticket;
  LOCALS;
  atomic {
    timeout;
    assert((is_done[1] || stopped[1]) && (is_done[2] || stopped[2]) && (is_done[3] || stopped[3]));
    settle();
    take_free_lane();
    do
    :: round < 2 * CAP + 2 ->
      if :: round == CAP + 1 -> settle() :: else fi;
      take(name_of(mine, 0), pop_);
      if :: got -> retire(name_of(mine, 0)) :: else fi;
      got = false; round++
    :: else -> break
    od;
    settle();
    // Nothing is lost: what was published was taken out, unless a stopped process has it, or is in its way.
    ticket = 0;
    do
    :: ticket < TICKETS && value[ticket] != 0 && !is_spent[ticket] ->
      is_over = recovery < WHO && stopped[recovery];
      look_for_stopped(ticket, pop_, lease_, popped_);
      t = head;
      do
      :: t < ticket -> look_for_stopped(t, push_, pushing_, pushing_); t++
      :: else -> break
      od;
      assert(is_over);
      is_over = false; ticket++
    :: ticket < TICKETS && !(value[ticket] != 0 && !is_spent[ticket]) -> ticket++
    :: else -> break
    od;
    // Nothing leaks: every slot is free for the next lap, and no lane of the dead says anything any more: then whoever
    // lacks one takes it (settle_dead_lanes).
    if
    :: stops == 0 ->
      assert(head == tail);
      ticket = 0;
      do
      :: ticket < CAP ->                           // or behind head: then the next push frees it (is_passed)
        assert(word[slot(tail + ticket)] == word_of(tail + ticket, FREE) ||
               word[slot(tail + ticket)] == word_of(tail + ticket - CAP, ABANDONED));
        ticket++
      :: else -> break
      od;
      i = 0;
      do
      :: i < lanes_used ->
        assert(lives(owner[i]) || (what[name_of(i, 0)] == 0 && what[name_of(i, 1)] == 0));
        i++
      :: else -> break
      od
    :: else
    fi
  }
}

init {
  byte a = FIRST, b = SECOND, c = THIRD, i;
  atomic {
    if :: a == ANY -> select(a : PUSH .. SETTLE) :: else fi;
    if :: b == ANY -> select(b : PUSH .. SETTLE) :: else fi;
    if :: c == ANY -> select(c : PUSH .. SETTLE) :: else fi;
    head = CAP; tail = CAP + FILLED;
    for (i : 0 .. CAP - 1) {
      word[slot(CAP + i)] = (i < FILLED -> word_of(CAP + i, FULL) : word_of(CAP + i, FREE));
      payload[slot(CAP + i)] = (i < FILLED -> CAP + i + 1 : 0);
      value[CAP + i] = (i < FILLED -> CAP + i + 1 : 0)
    }
    owner[0] = 1; owner[1] = 2;
#ifdef LATE
    lanes_used = 2;
#else
    owner[2] = 3; lanes_used = 3;
#endif
    i = 0;
    run user(1, a); run user(2, b); run user(3, c); run audit(); run scheduler()
  }
}
