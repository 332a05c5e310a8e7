//! The places of connections: a limit in all, and a limit for each address.
//!
//! If all are taken, the newest connection gets the place of one that has waited longest for its client: first of those
//! between two requests or in the middle of a head, then of those in the middle of a body. So a crowd of idle
//! connections keeps no client out, whatever the newest is about to request. The newest is refused only if every
//! connection is being answered.
//!
//! Requests touch only their own connection's state, and take no lock.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::gate::client_address::network;
use tokio::task::AbortHandle;

use crate::http::connections::settings::Limits;

/// The two highest bits of a state hold the phase, the others its start: the number of connections accepted by then.
const PHASE: u64 = 0b11 << 62;
/// Between two requests, or in the middle of a head.
const WAITING: u64 = 0b00 << 62;
/// In the middle of a body.
const RECEIVING: u64 = 0b01 << 62;
/// The answer is being made or sent.
const ANSWERING: u64 = 0b10 << 62;
/// Another connection has got the place.
const CLOSED: u64 = 0b11 << 62;

/// Whenever a place has to be freed, one in this many waiting connections is closed. Searching through all of them for
/// each new connection would be slow.
const BATCH: usize = 32;

/// All places.
#[derive(Debug)]
pub struct Seats {
    limits: Limits,
    taken: Mutex<Taken>,
    accepted: Arc<AtomicU64>,
}

/// The places that are taken.
#[derive(Debug, Default)]
struct Taken {
    by_network: HashMap<IpAddr, HashMap<u64, Arc<Seat>>>,
    all: usize,
}

impl Seats {
    /// Returns places within these limits, all of them free.
    pub fn new(limits: Limits) -> Self {
        Self { limits, taken: Mutex::default(), accepted: Arc::default() }
    }

    /// Takes a place for a connection from that address, or returns `None` if none is free. The limit for each address
    /// applies only if `capped`.
    pub fn take(self: &Arc<Self>, address: IpAddr, capped: bool) -> Option<Place> {
        let (network, id) = (network(address), self.accepted.fetch_add(1, Ordering::Relaxed) + 1);
        let mut taken = self.taken();
        if capped && taken.of(network) >= self.limits.per_address {
            taken.close_some(|of| of == network);
            if taken.of(network) >= self.limits.per_address {
                return None;
            }
        }
        if taken.all >= self.limits.total {
            taken.close_some(|_| true);
            if taken.all >= self.limits.total {
                return None;
            }
        }
        let seat = Arc::new(Seat::new(Arc::clone(&self.accepted)));
        taken.by_network.entry(network).or_default().insert(id, Arc::clone(&seat));
        taken.all += 1;
        Some(Place { seats: Arc::clone(self), network, id, seat })
    }

    /// Closes some of the connections that have waited longest, if any wait.
    pub fn make_room(&self) {
        self.taken().close_some(|_| true);
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn of(&self, network: IpAddr) -> usize {
        self.by_network.get(&network).map_or(0, HashMap::len)
    }

    /// Closes some of the connections of these networks that have waited longest for their client.
    fn close_some(&mut self, concerned: impl Fn(IpAddr) -> bool) {
        let of_network = |(network, seats): (&IpAddr, &HashMap<u64, Arc<Seat>>)| {
            let network = *network;
            let waiting = seats.iter().filter_map(move |(id, seat)| {
                let state = seat.state.load(Ordering::Relaxed);
                (state < ANSWERING).then(|| (state, network, *id, Arc::clone(seat)))
            });
            waiting.collect::<Vec<_>>()
        };
        let concerned = self.by_network.iter().filter(|(network, _)| concerned(**network));
        let mut waiting: Vec<_> = concerned.flat_map(of_network).collect();
        waiting.sort_unstable_by_key(|(state, _, id, _)| (*state, *id));
        waiting.truncate(waiting.len().div_ceil(BATCH));
        for (state, network, id, seat) in waiting {
            if seat.close(state) {
                self.remove(network, id);
            }
        }
    }

    fn remove(&mut self, network: IpAddr, id: u64) {
        let Some(seats) = self.by_network.get_mut(&network) else { return };
        if seats.remove(&id).is_some() {
            self.all -= 1;
        }
        if seats.is_empty() {
            self.by_network.remove(&network);
        }
    }
}

/// The place of one connection, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    seats: Arc<Seats>,
    network: IpAddr,
    id: u64,
    seat: Arc<Seat>,
}

impl Place {
    /// Returns the state of the connection.
    pub fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seats.taken().remove(self.network, self.id);
    }
}

/// The progress of a connection with its request.
#[derive(Debug)]
pub struct Seat {
    state: AtomicU64,
    accepted: Arc<AtomicU64>,
    serving: OnceLock<AbortHandle>,
}

impl Seat {
    fn new(accepted: Arc<AtomicU64>) -> Self {
        let seat = Self { state: AtomicU64::new(0), accepted, serving: OnceLock::new() };
        seat.state.store(seat.now(WAITING), Ordering::Relaxed);
        seat
    }

    /// Sets the task to abort if another connection gets the place.
    pub fn served_by(&self, task: AbortHandle) {
        _ = self.serving.set(task);
    }

    /// Marks that a request has arrived, with or without a body. Returns whether it may be answered, which is `false`
    /// if another connection has just got the place.
    pub fn begin(&self, has_body: bool) -> bool {
        self.enter(if has_body { RECEIVING } else { ANSWERING }, |phase| phase != CLOSED)
    }

    /// Marks that the request's body has arrived, or isn't wanted.
    pub fn received(&self) {
        self.enter(ANSWERING, |phase| phase == RECEIVING);
    }

    /// Marks that the answer was taken.
    pub fn answered(&self) {
        self.enter(WAITING, |phase| phase != CLOSED);
    }

    fn enter(&self, phase: u64, from: impl Fn(u64) -> bool) -> bool {
        let state = self.state.load(Ordering::Relaxed);
        // Other tasks change the state only to close it.
        from(state & PHASE)
            && self.state.compare_exchange(state, self.now(phase), Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Stops serving, if the state is still this one. Returns whether it was.
    fn close(&self, state: u64) -> bool {
        let closed = self.state.compare_exchange(state, CLOSED, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if let Some(serving) = self.serving.get().filter(|_| closed) {
            serving.abort();
        }
        closed
    }

    fn now(&self, phase: u64) -> u64 {
        phase | self.accepted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOMEBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const ANOTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn seats(total: usize, per_address: usize) -> Arc<Seats> {
        Arc::new(Seats::new(Limits { total, per_address, others: total }))
    }

    fn is_closed(place: &Place) -> bool {
        place.seat.state.load(Ordering::Relaxed) & PHASE == CLOSED
    }

    #[test]
    fn newest_takes_the_place_that_waited_longest() {
        let seats = seats(3, 3);
        let [first, second, third] = [(); 3].map(|()| seats.take(SOMEBODY, true).unwrap());
        // The first has sent a request since.
        assert!(first.seat.begin(false));
        first.seat.answered();
        let newest = seats.take(ANOTHER, true).unwrap();
        assert_eq!([&first, &second, &third, &newest].map(is_closed), [false, true, false, false]);
        assert!(!second.seat.begin(false), "it answers nothing more");
        drop(second);
        assert_eq!(seats.taken().all, 3, "a place is free once");
    }

    #[test]
    fn half_a_body_goes_after_half_a_head_and_an_answer_never() {
        let seats = seats(3, 3);
        let [answered, receiving, waiting] = [(); 3].map(|()| seats.take(SOMEBODY, true).unwrap());
        assert!(answered.seat.begin(false) && receiving.seat.begin(true));
        let newest = seats.take(SOMEBODY, true).unwrap();
        assert_eq!([&answered, &receiving, &waiting].map(is_closed), [false, false, true]);
        assert!(newest.seat.begin(false));
        let last = seats.take(SOMEBODY, true).unwrap();
        assert_eq!([&answered, &receiving, &newest].map(is_closed), [false, true, false]);
        assert!(last.seat.begin(true));
        last.seat.received();
        assert!(seats.take(ANOTHER, true).is_none(), "all are being answered");
        drop(newest);
        assert!(seats.take(ANOTHER, true).is_some());
    }

    #[test]
    fn an_address_has_no_more_than_its_part_unless_it_is_a_proxy() {
        let seats = seats(10, 2);
        let others: Vec<_> = (0..3).map(|_| seats.take(ANOTHER, false).unwrap()).collect();
        let [first, second, third] = [(); 3].map(|()| seats.take(SOMEBODY, true).unwrap());
        assert_eq!([&first, &second, &third].map(is_closed), [true, false, false]);
        assert!(!others.iter().any(is_closed), "others lose nothing");
        assert!(second.seat.begin(false) && third.seat.begin(false));
        assert!(seats.take(SOMEBODY, true).is_none());
        assert!(seats.take([192, 0, 2, 3].into(), true).is_some());
    }

    #[test]
    fn a_body_that_outlives_its_answer_changes_nothing() {
        let seats = seats(1, 1);
        let place = seats.take(SOMEBODY, true).unwrap();
        assert!(place.seat.begin(true));
        place.seat.answered();
        place.seat.received();
        assert!(seats.take(ANOTHER, true).is_some() && is_closed(&place));
    }

    #[test]
    fn one_customer_s_ipv6_network_counts_as_one_address() {
        let seats = seats(10, 1);
        let [first, second] =
            ["2001:db8::1", "2001:db8::2"].map(|text| seats.take(text.parse().unwrap(), true).unwrap());
        assert_eq!([&first, &second].map(is_closed), [true, false]);
        assert!(seats.take("2001:db8:0:1::1".parse().unwrap(), true).is_some() && !is_closed(&second));
    }
}
