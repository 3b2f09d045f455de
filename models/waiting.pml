// waiting.pml: sleepers that share one wait_flag, each of whom waits for something of its own, and those who bring it.
// Model of core/include/stoa/waiting.hpp and core/src/waiting.cpp, without slices: who sleeps, sleeps until it is woken.
// What is what, and what is left out: docs/models.md.
//
// Check: plain    PRESENT
// Check: rounds   ROUNDS=2
// Check: sleeper  DEATHS=1 ROUNDS=2
// Check: changer  DEATHS=1 CHANGERS_DIE
// Bug: BUG_NO_BARRIER     plain    who is about to sleep does not make others' stores visible
// Bug: BUG_UNLOOKED       plain    it does not look again after it has announced its sleep
// Bug: BUG_ONE_BIT        plain    it sleeps while the bit is set, whoever has set it
// Bug: BUG_FLAG_FIRST     plain    who changes something looks at the flag before
// Bug: BUG_WAKE_ONE       plain    one sleeper is woken, and the bit cleared for all
// Bug: BUG_CLEARED_LAST   plain    the bit is cleared after the others were woken
// Bug: BUG_NOT_COUNTED    plain    the bit is cleared, and no wake counted
// Bug: BUG_NO_SLICES      changer  a sleep never ends by itself, and a changer may die before its wake

#ifndef ROUNDS
#define ROUNDS 1             // things that each sleeper waits for, one after the other
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#define SLEEPERS 2
#define COUNT 8              // the count of wakes is modulo this: more than there can be in a run

byte flag;                   // wait_flag::sleepers: bit 0, and twice the wakes so far
byte thing[SLEEPERS];        // what each waits for, as all see it
bool is_stored[SLEEPERS];    // the changer of that has stored it, and its core has not let go of it
bool is_asleep[SLEEPERS];    // in the futex
bool dead[2 * SLEEPERS];     // sleepers, then changers
bool is_changer_dead;
byte deaths;
#ifdef PRESENT
bool is_here;
#endif

// A store leaves its core when that likes, or at a locked operation, or at anybody's membarrier.
inline let_go(which) {
  if :: is_stored[which] -> is_stored[which] = false; thing[which]++ :: else fi
}
active [SLEEPERS] proctype core() {
  byte mine = _pid % SLEEPERS;
end:
  do :: atomic { is_stored[mine] -> let_go(mine) } od
}

inline membarrier() {
  d_step { let_go(0); let_go(1) }
}

// announce_sleep: the word that this leaves
inline announce() {
  d_step { flag = flag | 1; seen = flag };
#ifndef BUG_NO_BARRIER
  membarrier()
#endif
}

// FUTEX_WAIT: compares and sleeps in one step
inline futex_wait() {
#ifdef BUG_ONE_BIT
  d_step { is_asleep[mine] = ((flag & 1) == 1) };
#else
  d_step { is_asleep[mine] = (flag == seen) };
#endif
  if
  :: !is_asleep[mine]
#ifndef BUG_NO_SLICES
  :: is_changer_dead -> is_asleep[mine] = false  // the slice is over: it looks for the dead
#endif
  fi
}

inline look() {
  d_step { found = (thing[mine] > 0); thing[mine] = thing[mine] - found }
}

proctype sleeper(byte mine) {
  byte seen = 0, left = ROUNDS;
  bool found;
  {
    do
    :: left == 0 -> break
    :: left > 0 ->
       look();
       if :: found -> left--; goto next :: else fi;
       announce();
#ifndef BUG_UNLOOKED
       look();
       if :: found -> left--; goto next :: else fi;
#endif
       futex_wait();
       if
       :: is_changer_dead && thing[mine] == 0 -> break  // its deadline has passed: nobody will bring it
       :: else
       fi;
next:  skip
    od
  } unless { dead[mine] }
}

// wake()
inline wake() {
  found = flag;
  if
  :: found & 1 ->
#ifdef BUG_CLEARED_LAST
     wake_sleepers();
     d_step { let_go(mine); flag = (flag & 1 -> (flag + 1) % (2 * COUNT) : flag) }
#else
     d_step {
       let_go(mine);  // the CAS is a locked operation
       is_won = (flag == found);
#ifdef BUG_NOT_COUNTED
       flag = (is_won -> found - 1 : flag)
#else
       flag = (is_won -> (found + 1) % (2 * COUNT) : flag)
#endif
     };
     if :: is_won -> wake_sleepers() :: else fi
#endif
  :: else
  fi
}
// FUTEX_WAKE
inline wake_sleepers() {
#ifdef BUG_WAKE_ONE
  d_step { if :: is_asleep[0] -> is_asleep[0] = false :: else -> is_asleep[1] = false fi }
#else
  d_step { is_asleep[0] = false; is_asleep[1] = false }
#endif
}

proctype changer(byte mine) {
  byte found, left = ROUNDS;
  bool is_won;
  {
    do
    :: left == 0 -> break
    :: left > 0 ->
       left--;
#ifdef BUG_FLAG_FIRST
       wake();
#endif
       atomic { !is_stored[mine] -> is_stored[mine] = true };  // one at a time is under way
#ifndef BUG_FLAG_FIRST
       wake()
#endif
    od
  } unless { dead[SLEEPERS + mine] }
}

proctype scheduler() {
end:
  do
#ifdef CHANGERS_DIE
  :: atomic { deaths < DEATHS -> deaths++; dead[2] = true; is_changer_dead = true }
#else
  :: atomic { deaths < DEATHS -> deaths++; dead[0] = true; is_asleep[0] = false }
#endif
  od
}

init {
  atomic { run sleeper(0); run sleeper(1); run changer(0); run changer(1); run scheduler() }
#ifdef PRESENT
  is_here = true
#endif
}
