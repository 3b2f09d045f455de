// stoa/stoa.hpp: everything.
#pragma once
#include <stoa/array.hpp>
#include <stoa/base/literals.hpp>
#include <stoa/heap.hpp>
#include <stoa/bitset.hpp>
#include <stoa/map.hpp>
#include <stoa/message_ring.hpp>
#include <stoa/object_pool.hpp>
#include <stoa/queue.hpp>
#include <stoa/ring.hpp>
#include <stoa/segment.hpp>
#include <stoa/set.hpp>
#include <stoa/spsc_queue.hpp>
#include <stoa/stack.hpp>
#include <stoa/sync/mutex.hpp>
#include <stoa/value.hpp>
