// map.pml: a bucket's change under its lock, look-ups beside it, and locks of the dead. Model of
// structures/include/stoa/map_buckets.hpp and structures/src/map_recovery.cpp, with lanes.hpp.
//
// Two homes of two slots, one overflow bucket that both may want; two keys belong to each home. Three processes, one
// operation each. Each may die, or stop for good, between any two accesses to shared memory. In the end one who comes
// later puts things right and takes stock. What is what, and what is left out: docs/models.md.
//
// Check: insert_insert DEATHS=1 FILLED=0 FIRST=INSERT KEY1=1 SECOND=INSERT KEY2=1 THIRD=FIND KEY3=1
// Check: erase_insert  DEATHS=1 FILLED=1 FIRST=ERASE KEY1=1 SECOND=INSERT KEY2=2 THIRD=FIND KEY3=1
// Check: put_find      DEATHS=2 FILLED=1 FIRST=PUT KEY1=1 SECOND=PUT KEY2=2 THIRD=FIND KEY3=1
// Check: replace       DEATHS=1 FILLED=1 FIRST=PUT KEY1=1 SECOND=PUT KEY2=1 THIRD=FIND KEY3=1
// Check: shrink        DEATHS=1 FILLED=2 FIRST=ERASE KEY1=1 SECOND=FIND KEY2=2 THIRD=PUT KEY3=1
// Check: reuse         DEATHS=1 FILLED=2 FIRST=ERASE KEY1=1 SECOND=FIND KEY2=2 THIRD=PUT KEY3=4 CROWDED
// Check: spare         DEATHS=2 FILLED=1 FIRST=PUT KEY1=2 SECOND=PUT KEY2=4 THIRD=SETTLE KEY3=1
// Check: two_repairers DEATHS=2 FILLED=2 FIRST=ERASE KEY1=2 SECOND=SETTLE KEY2=1 THIRD=SETTLE KEY3=1
// Check: stop          DEATHS=1 STOPS=1 FILLED=1 FIRST=PUT KEY1=1 SECOND=ERASE KEY2=1 THIRD=FIND KEY3=1
// Bug: BUG_PUBLISHED_FIRST        put_find   the state says valid before the slot is written
// Bug: BUG_NAMED_AFTER            spare      a bucket is named after it was locked
// Bug: BUG_FORGOTTEN_FIRST        spare      a bucket's name is forgotten before it is unlocked
// Bug: BUG_REPAIR_BY_TIMEOUT      spare      who is slow is taken for dead
// Bug: BUG_ORPHANS_FORGOTTEN      spare      an overflow bucket that was claimed and not linked is not given back
// Bug: BUG_FREED_BEFORE_UNLINKED  reuse      an overflow bucket is free before it is out of its chain
// Bug: BUG_LOOKED_ONCE            shrink     a look-up does not look again whether the state is the same
// Bug: BUG_VERSION_KEPT           replace    a change leaves the version as it was
//

#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef FILLED
#define FILLED 1             // elements at first: in each home, or two in home 0 (and CROWDED, one in the other)
#endif
#define USERS 3
#define AUDITOR 4
#define WHO 5
#define LANES 3
#define SLOTS 2              // of a bucket
#define SPARE 2              // index of the overflow bucket, whose number is 1
#define home_of(key) (((key) - 1) / 2)
#define print_of(key) (((key) - 1) % 2 + 1)

// What they do: FIRST, SECOND, THIRD with KEY1, KEY2, KEY3; ANY key if that is 0.
#define INSERT 1
#define PUT 2                // insert_or_assign
#define ERASE 3
#define FIND 4
#define SETTLE 5

// --- shared memory ---
short state[2];              // 16 * version + valid: bits 0-1 home bucket, 2-3 overflow bucket
byte control[3];             // number of the next bucket + 2 * lock
byte key[3 * SLOTS];
byte word1[3 * SLOTS], word2[3 * SLOTS];   // a value of two words, which are always alike
byte prints[3];              // fingerprint of slot 0 + 4 * that of slot 1
byte spare_user;             // home + 1
#define valid_in(s) ((s) % 16)
#ifdef BUG_VERSION_KEPT
#define next_state(s, valid) ((s) - (s) % 16 + (valid))
#else
#define next_state(s, valid) ((s) - (s) % 16 + 16 + (valid))
#endif
#define next_of(c) ((c) % 2)
#define lock_of(c) ((c) / 2)
#define fingerprint(p, slot) ((slot) == 0 -> (p) % 4 : (p) / 4)
#define with_fingerprint(p, slot, f) ((slot) == 0 -> (p) - (p) % 4 + (f) : (p) % 4 + 4 * (f))
#define is_valid(v, number) ((((v) >> (number)) & 1) != 0)
#define population(v) (((v) & 1) + (((v) >> 1) & 1) + (((v) >> 2) & 1) + (((v) >> 3) & 1))
#define lowest_free(v) (!is_valid(v, 0) -> 0 : (!is_valid(v, 1) -> 1 : (!is_valid(v, 2) -> 2 : 3)))
#define place_of(home, number) ((number) < SLOTS -> (home) * SLOTS + (number) : SPARE * SLOTS + (number) - SLOTS)

#define NOBODY 0
#define LEFT 255
byte owner[LANES];
bool what[LANES];            // lane_op::lock, or nothing
byte tick[LANES];            // of that home

// --- ghosts ---
byte now[5];                 // the value of each key as the last point of effect left it, 0 none
byte holder[2];              // who changes that home
short may_see[WHO];          // bit v: the key this process looks for had value v since it began
byte looks_for[WHO];
bool dead[WHO], stopped[WHO], is_done[WHO];
byte deaths, stops;

#define lives(who) ((who) != NOBODY && (who) != LEFT && !dead[who])
#ifdef BUG_REPAIR_BY_TIMEOUT
#define seems_dead(who) true
#else
#define seems_dead(who) (!lives(who))
#endif
#define assert_mine(home) assert(holder[home] == me)                           // I1

// One key of a home: there once or not at all, whole, with its fingerprint; what hangs on the home is its own.
inline check_key(k) {
  c_n = 0; c_i = 0;
  do
  :: c_i < 2 * SLOTS ->
    c_p = place_of(home_of(k), c_i);
    if
    :: is_valid(state[home_of(k)], c_i) && key[c_p] == k ->
      c_n++;
      assert(word1[c_p] == now[k] && word2[c_p] == now[k]);
      assert(fingerprint(prints[c_p / SLOTS], c_p % SLOTS) == print_of(k))
    :: else
    fi;
    c_i++
  :: else -> break
  od;
  assert(c_n == (now[k] != 0 -> 1 : 0));
  c_n = 0; c_i = 0; c_p = 0
}
inline check_home(h) {
  check_key(2 * h + 1);
  check_key(2 * h + 2);
  assert(valid_in(state[h]) < 4 || (next_of(control[h]) == 1 && spare_user == h + 1));
  assert(population(valid_in(state[h])) < (next_of(control[h]) == 1 -> 4 : 2))  // I4
}

// The point of effect: `is_known` when a key's value becomes another.
inline store_state(h, valid, is_known, k, v) {
  atomic {
    assert_mine(h);
    state[h] = next_state(state[h], valid);                                    // R1 -> A1
    if
    :: is_known ->
      now[k] = v;
      if :: looks_for[1] == k -> may_see[1] = may_see[1] | (1 << v) :: else fi;
      if :: looks_for[2] == k -> may_see[2] = may_see[2] | (1 << v) :: else fi;
      if :: looks_for[3] == k -> may_see[3] = may_see[3] | (1 << v) :: else fi
    :: else
    fi;
#ifndef BUG_PUBLISHED_FIRST
    check_home(h)
#endif
  }
}

// --- map_recovery.cpp ---
inline free_spare(h) {
  atomic { assert(spare_user == h + 1); spare_user = 0 }                       // R4 -> A4
}
inline move_slot(from, to) {
  atomic { assert_mine(h); key[to] = key[from] };
  word1[to] = word1[from];
  word2[to] = word2[from];
  prints[to / SLOTS] = with_fingerprint(prints[to / SLOTS], to % SLOTS, fingerprint(prints[from / SLOTS], from % SLOTS))
}
// map_bytes::tidy. valid, n, p are free here.
inline tidy() {
  if
  :: atomic { next_of(control[h]) == 1 && population(valid_in(state[h])) + 1 <= SLOTS ->
      n = SLOTS; valid = valid_in(state[h]) };
    do
    :: atomic { n == 2 * SLOTS -> break }
    :: atomic { n < 2 * SLOTS && !is_valid(state[h], n) -> n++ }
    :: atomic { n < 2 * SLOTS && is_valid(state[h], n) -> p = lowest_free(valid) };
      move_slot((SPARE * SLOTS + n - SLOTS), (h * SLOTS + p));
      atomic { valid = valid - (1 << n) + (1 << p); n++ }
    od;
    if
    :: valid != valid_in(state[h]) -> store_state(h, valid, false, 0, 0)
    :: else
    fi;
#ifdef BUG_FREED_BEFORE_UNLINKED
    free_spare(h);
    control[h] = control[h] - 1
#else
    atomic { assert_mine(h); control[h] = control[h] - 1 };                    // R3 -> A3
    free_spare(h)
#endif
  :: atomic { next_of(control[h]) == 0 || population(valid_in(state[h])) + 1 > SLOTS }
  fi;
  atomic { n = 0; p = 0; valid = 0 }
}
inline unlock(lane) {
  atomic {
    assert_mine(h);
    assert(lock_of(control[h]) == lane + 1);
    control[h] = control[h] % 2;                                               // R2 -> A2
    holder[h] = NOBODY
  }
}

// map_bytes::settle, attachment::settle_lanes. h is put back.
inline settle() {
  atomic { was_h = h; i = 0 };
  do
  :: atomic { i == LANES -> break }
  :: atomic { i < LANES && (owner[i] == NOBODY || owner[i] == me || !what[i]) -> i++ }   // A1
  :: atomic { i < LANES && owner[i] != NOBODY && owner[i] != me && what[i] -> whose = owner[i] };
    if
    :: atomic { lives(whose) -> i++; whose = 0 }
    :: atomic { seems_dead(whose) };
      if
      :: atomic { owner[i] != whose -> i++; whose = 0 }
      :: atomic { owner[i] == whose -> owner[i] = me };                        // exactly one takes over (lanes I2)
        if
        :: atomic { what[i] -> h = tick[i] };
          if
          :: atomic { lock_of(control[h]) == i + 1 -> holder[h] = me };
            tidy();
#ifndef BUG_ORPHANS_FORGOTTEN
            if                                                                 // free_orphans
            :: atomic { spare_user == h + 1 && next_of(control[h]) == 0 }; free_spare(h)
            :: atomic { spare_user != h + 1 || next_of(control[h]) == 1 }
            fi;
#endif
            unlock(i)
          :: atomic { lock_of(control[h]) != i + 1 }
          fi;
          what[i] = false                                                      // forget
        :: atomic { !what[i] }
        fi;
        atomic { owner[i] = NOBODY; i++; whose = 0 }                           // release: R1 -> A1
      fi
    fi
  od;
  atomic { i = 0; h = was_h; was_h = 0 }
}

// map_bytes::claim_overflow, for home h
inline claim_spare() {
  atomic { if :: spare_user == 0 -> spare_user = h + 1; got = true :: else fi }  // A4 <- R4
}

// make_room and extend: got tells whether there is a free slot beside those that are needed
inline make_room(is_new) {
  if
  :: atomic { SLOTS * (1 + next_of(control[h])) - population(valid_in(state[h])) >= 1 + (is_new) -> got = true }
  :: atomic { SLOTS * (1 + next_of(control[h])) - population(valid_in(state[h])) < 1 + (is_new) };
    if
    :: next_of(control[h]) == 1
    :: next_of(control[h]) == 0 ->
      claim_spare();
      if :: !got -> settle(); claim_spare() :: got fi;                         // the dead may have some
      if
      :: got ->
        control[SPARE] = 0;                                                    // R3 -> A3
        prints[SPARE] = 0;
        atomic { assert_mine(h); control[h] = control[h] + 1 }                 // linked, before R1
      :: !got
      fi
    fi
  fi
}

// --- map_buckets.hpp ---
// locked_home and lock_slowly
inline lock_home() {
#ifndef BUG_NAMED_AFTER
  tick[mine] = h;                                                              // lanes R3
  what[mine] = true;                                                           // lanes R1
#endif
end_waiting:                                                                   // for ever, if he is stopped who has it (M8)
  do
  :: atomic { lock_of(control[h]) == 0 -> control[h] = control[h] + 2 * (mine + 1);                  // A2 <- R2
      assert(holder[h] == NOBODY || !lives(holder[h])); holder[h] = me; break }
  :: atomic { lock_of(control[h]) != 0 && seems_dead(owner[lock_of(control[h]) - 1]) }; settle()      // question_holder
  od;
#ifdef BUG_NAMED_AFTER
  tick[mine] = h;
  what[mine] = true
#endif
}
inline unlock_home() {
#ifdef BUG_FORGOTTEN_FIRST
  what[mine] = false;
#endif
  unlock(mine);
  what[mine] = false                                                           // lanes R2
}

// locate under the lock, in one step: nothing of it can change (I1, which is asserted)
inline locate() {
  atomic {
    seen = 2 * SLOTS; n = 0;
    do
    :: n < 2 * SLOTS ->
      if :: is_valid(state[h], n) && key[place_of(h, n)] == k -> seen = n :: else fi;
      n++
    :: else -> break
    od;
    n = 0
  }
}

// Into slot `number`; `from` is what the fingerprints were read as.
inline write(number, v, from) {
  p = place_of(h, number);
  atomic { assert_mine(h); assert(!is_valid(state[h], number)); key[p] = k };
  word1[p] = v;
  word2[p] = v;
  prints[p / SLOTS] = with_fingerprint(from, p % SLOTS, print_of(k))
}
inline unprint() {
  if
  :: seen < SLOTS -> atomic { assert_mine(h); prints[h] = with_fingerprint(prints[h], seen, 0) }  // R3 -> A3
  :: seen >= SLOTS
  fi
}

inline put() {
  make_room(seen == 2 * SLOTS);
  if
  :: got ->
    atomic { valid = valid_in(state[h]); to = lowest_free(valid) };
    // once more if it is to be replaced: its old slot goes with the same store
    atomic { valid = (seen == 2 * SLOTS -> valid | (1 << to) : (valid | (1 << to)) - (1 << seen)) };
#ifdef BUG_PUBLISHED_FIRST
    store_state(h, valid, true, k, me);
    p = place_of(h, to); key[p] = k; word1[p] = me; word2[p] = me;
    prints[p / SLOTS] = with_fingerprint(prints[p / SLOTS], p % SLOTS, print_of(k));
#else
    write(to, me, prints[p / SLOTS]);
    store_state(h, valid, true, k, me);
#endif
    if :: seen != 2 * SLOTS -> unprint() :: seen == 2 * SLOTS fi
  :: !got
  fi;
  atomic { got = false; valid = 0; to = 0; p = 0 }
}

// Under the lock. The fast way: what the fingerprints said before it is written back, if the state is still the same.
inline insert() {
  if
  :: atomic { state[h] == was && valid_in(was) < 4 && population(valid_in(was)) + 2 <= SLOTS &&
      fingerprint(print, 0) != print_of(k) && fingerprint(print, 1) != print_of(k) &&
      (!is_valid(was, 0) && fingerprint(print, 0) == 0 || !is_valid(was, 1) && fingerprint(print, 1) == 0) };
    to = (!is_valid(was, 0) && fingerprint(print, 0) == 0 -> 0 : 1);
    write(to, me, print);
    store_state(h, valid_in(was) + (1 << to), true, k, me)
  :: else ->
    locate();
    if :: seen == 2 * SLOTS -> put() :: seen != 2 * SLOTS fi
  fi;
  atomic { was = 0; print = 0; to = 0; p = 0; seen = 0 }
}

inline erase() {
  if
  :: seen != 2 * SLOTS ->
    store_state(h, valid_in(state[h]) - (1 << seen), true, k, 0);
    unprint();
    tidy()
  :: seen == 2 * SLOTS
  fi;
  seen = 0
}

// find and locate without a lock: result is a value, 0 if there is none
inline look_in(b, first) {
  print = prints[b];
  n = 0;
  do
  :: atomic { n == SLOTS || seen != 2 * SLOTS -> break }
  :: atomic { n < SLOTS && seen == 2 * SLOTS && fingerprint(print, n) != print_of(k) -> n++ }
  :: atomic { n < SLOTS && seen == 2 * SLOTS && fingerprint(print, n) == print_of(k) ->
      if
      :: key[(b) * SLOTS + n] == k && is_valid(was, first + n) -> seen = first + n; p = (b) * SLOTS + n
      :: else -> n++
      fi }
  od
}
inline find() {
  atomic { looks_for[me] = k; may_see[me] = 1 << now[k] };
  do
  :: atomic { was = state[h]; seen = 2 * SLOTS };                              // A1 <- R1
    look_in(h, 0);
    if
    :: atomic { seen == 2 * SLOTS && valid_in(was) >= 4 && next_of(control[h]) == 1 }; look_in(SPARE, SLOTS)
    :: else
    fi;
    if
    :: seen != 2 * SLOTS -> got1 = word1[p]; got2 = word2[p]
    :: seen == 2 * SLOTS -> atomic { got1 = 0; got2 = 0 }
    fi;
    atomic {                                                                   // A3 <- R3
      if
#ifdef BUG_LOOKED_ONCE
      :: true ->
#else
      :: state[h] == was ->
#endif
        assert(got1 == got2);                                                  // never torn
        assert((may_see[me] & (1 << got1)) != 0);                              // it had that value meanwhile
        break
#ifndef BUG_LOOKED_ONCE
      :: else -> seen = 0; p = 0; n = 0; print = 0; got1 = 0; got2 = 0
#endif
      fi
    }
  od
}

#define LOCALS \
  byte h, k, i, n, p, to, seen, print, whose, was_h, got1, got2, c_n, c_i, c_p, valid; \
  short was; \
  bool got

proctype user(byte me, does, what_key) {
  byte mine = me - 1;
  LOCALS;
  {
    atomic { k = what_key; h = home_of(k) };
    if
    :: does == FIND -> find()
    :: does == SETTLE -> settle()
    :: does == INSERT || does == PUT || does == ERASE ->
      if
      :: does == INSERT -> was = state[h]; print = prints[h]                   // A1 <- R1
      :: does != INSERT
      fi;
      lock_home();
      if
      :: does == INSERT -> insert()
      :: does == PUT -> locate(); put()
      :: does == ERASE -> locate(); erase()
      fi;
      unlock_home()
    fi;
    is_done[me] = true
  } unless { dead[me] || stopped[me] };
  d_step {
    is_done[me] = !stopped[me];
    looks_for[me] = 0; may_see[me] = 0;
    h = 0; k = 0; i = 0; n = 0; p = 0; to = 0; seen = 0; print = 0; whose = 0; was_h = 0; got1 = 0; got2 = 0;
    c_n = 0; c_i = 0; c_p = 0; valid = 0; was = 0; got = false; mine = 0
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

#define is_kept(home) (lock_of(control[home]) != 0 && owner[lock_of(control[home]) - 1] < WHO && \
                       stopped[owner[lock_of(control[home]) - 1]])

// Somebody comes when nobody else does anything any more, and puts things right.
proctype audit() {
  byte me = AUDITOR;
  LOCALS;
  atomic {
    timeout;
    // Who has not come to his end waits for a bucket that a stopped process has.
    assert(is_kept(0) || is_kept(1) || ((is_done[1] || stopped[1]) && (is_done[2] || stopped[2]) && (is_done[3] || stopped[3])));
    settle();
    check_home(0);
    check_home(1);
    // No lock is left behind, and no overflow bucket, by whoever does not hold it.
    assert(is_kept(0) || lock_of(control[0]) == 0);
    assert(is_kept(1) || lock_of(control[1]) == 0);
    assert(is_kept(0) || spare_user != 1 || next_of(control[0]) == 1);
    assert(is_kept(1) || spare_user != 2 || next_of(control[1]) == 1);
    assert(next_of(control[0]) + next_of(control[1]) <= 1 || is_kept(0) || is_kept(1))
  }
}

init {
  byte a = KEY1, b = KEY2, c = KEY3;
  atomic {
    if :: a == 0 -> select(a : 1 .. 4) :: else fi;
    if :: b == 0 -> select(b : 1 .. 4) :: else fi;
    if :: c == 0 -> select(c : 1 .. 4) :: else fi;
    owner[0] = 1; owner[1] = 2; owner[2] = 3;
#if FILLED > 0
    key[0] = 1; word1[0] = 5; word2[0] = 5; prints[0] = print_of(1); state[0] = 1; now[1] = 5;
#endif
#if FILLED == 1
    key[2] = 3; word1[2] = 5; word2[2] = 5; prints[1] = print_of(3); state[1] = 1; now[3] = 5;
#endif
#ifdef CROWDED
    key[2] = 3; word1[2] = 5; word2[2] = 5; prints[1] = print_of(3); state[1] = 1; now[3] = 5;
#endif
#if FILLED == 2
    key[4] = 2; word1[4] = 6; word2[4] = 6; prints[2] = print_of(2); state[0] = 5; now[2] = 6;
    control[0] = 1; spare_user = 1;
#endif
    run user(1, FIRST, a); run user(2, SECOND, b); run user(3, THIRD, c); run audit(); run scheduler()
  }
}
