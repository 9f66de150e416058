//! Tests of the queue: order, eviction, draining within a limit, either end going first, and many threads at once.

use std::sync::mpsc;
use std::thread;

use super::*;

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(20);

fn is_even(item: &u32) -> bool {
    item.is_multiple_of(2)
}

fn queue(capacity: usize) -> (WorkQueue<u32>, WorkReceiver<u32>) {
    let queue = WorkQueue::new(capacity, is_even);
    let receiver = queue.receiver();
    (queue, receiver)
}

fn rest(receiver: &WorkReceiver<u32>) -> Vec<u32> {
    std::iter::from_fn(|| receiver.pop()).collect()
}

#[test]
fn items_come_out_in_order_and_the_end_comes_after_the_last() {
    let (queue, receiver) = queue(10);
    (1..=5).for_each(|n| assert_eq!(queue.push(n), None));
    drop(queue);
    assert_eq!(rest(&receiver), [1, 2, 3, 4, 5]);
    assert_eq!(receiver.pop_within(Some(LONG)), Popped::Closed);
}

#[test]
fn a_full_queue_evicts_the_oldest_evictable_item_else_the_oldest() {
    let (queue, receiver) = queue(3);
    [1, 2, 3].into_iter().for_each(|n| assert_eq!(queue.push(n), None));
    assert_eq!(queue.push(4), Some(2));
    assert_eq!(queue.push(5), Some(4), "the new item itself counts only when nothing older may go");
    assert_eq!(queue.push(7), Some(1));
    queue.close();
    assert_eq!(queue.push(9), Some(9), "a closed queue takes nothing");
    assert_eq!(rest(&receiver), [3, 5, 7]);
}

#[test]
fn many_items_at_once_are_bounded_like_single_ones() {
    let (queue, receiver) = queue(4);
    let mut items = (1..=9).collect();
    queue.push_all(&mut items);
    assert!(items.is_empty());
    let mut taken = Vec::new();
    assert!(receiver.pop_all(&mut taken));
    assert_eq!(taken, [3, 5, 7, 9]);
    queue.close();
    taken.clear();
    assert!(!receiver.pop_all(&mut taken) && taken.is_empty());
}

#[test]
fn items_taken_before_are_bounded_with_those_that_wait() {
    let (queue, receiver) = queue(4);
    queue.push_all(&mut vec![5, 6, 7]);
    let mut taken = vec![1, 2, 3];
    assert!(receiver.pop_all(&mut taken));
    assert_eq!(taken, [1, 3, 5, 7]);
}

#[test]
fn the_last_items_and_the_end_come_together() {
    let (queue, receiver) = queue(4);
    let mut taken = Vec::new();
    let thread = thread::spawn(move || (receiver.pop_all(&mut taken), taken));
    queue.close_after(&mut vec![1, 2]);
    assert_eq!(thread.join().unwrap(), (false, vec![1, 2]));
    queue.close_after(&mut vec![3]);
    assert!(!queue.contains(|_| true), "a closed queue takes nothing");
}

#[test]
fn a_new_item_replaces_the_waiting_ones_that_it_matches() {
    let (queue, receiver) = queue(10);
    [11, 12, 21].into_iter().for_each(|n| _ = queue.push(n));
    assert_eq!(queue.push_replacing(13, |waiting| waiting / 10 == 1), [11, 12]);
    assert!(queue.contains(|item| *item == 21) && !queue.contains(|item| *item == 11));
    queue.close();
    assert_eq!(queue.push_replacing(22, |waiting| waiting / 10 == 2), [22], "a closed queue loses nothing");
    assert_eq!(rest(&receiver), [21, 13]);
}

#[test]
fn draining_waits_for_the_item_that_is_being_done() {
    let (queue, receiver) = queue(10);
    assert!(queue.drain(None), "nothing was pushed");
    queue.push(1);
    assert!(!queue.drain(Some(SHORT)), "the item waits");
    assert_eq!(receiver.pop(), Some(1));
    assert!(!queue.drain(Some(SHORT)), "the item is being done");
    assert_eq!(receiver.pop_within(Some(Duration::ZERO)), Popped::TimedOut);
    assert!(queue.drain(Some(LONG)), "the worker came back for more");
}

#[test]
fn a_worker_that_ends_first_is_not_waited_for() {
    let (queue, receiver) = queue(10);
    queue.push(1);
    drop(receiver);
    assert!(!queue.drain(None), "the item is left");
    assert!(queue.finish(None) && !queue.has_receiver());
    let queue = WorkQueue::<u32>::new(1, is_even);
    assert!(queue.finish(None), "no worker ever came");
}

#[test]
fn a_worker_that_panics_counts_as_gone() {
    let (queue, receiver) = queue(10);
    queue.push(1);
    let thread = thread::spawn(move || {
        receiver.pop();
        panic!("the work failed");
    });
    assert!(thread.join().is_err());
    assert!(queue.finish(None));
}

#[test]
fn finishing_waits_for_the_worker_within_the_limit() {
    let (queue, receiver) = queue(10);
    assert!(!queue.finish(Some(SHORT)));
    let (ended, has_ended) = mpsc::channel();
    let thread = thread::spawn(move || ended.send(queue.finish(None)).unwrap());
    assert_eq!(receiver.pop(), None);
    assert!(has_ended.try_recv().is_err(), "the worker still has its end");
    drop(receiver);
    assert!(has_ended.recv().unwrap());
    thread.join().unwrap();
}

#[test]
fn closing_ends_a_pause_and_a_wait() {
    let (queue, receiver) = queue(10);
    assert!(receiver.pause(Duration::ZERO));
    let thread = thread::spawn(move || (receiver.pause(LONG), receiver.pop()));
    drop(queue);
    assert_eq!(thread.join().unwrap(), (false, None));
}

#[test]
fn nothing_is_lost_or_reordered_between_many_producers_and_a_slow_worker() {
    const PRODUCERS: u32 = 4;
    const ITEMS: u32 = 5_000;
    let queue = Arc::new(WorkQueue::new((PRODUCERS * ITEMS) as usize, is_even));
    let receiver = queue.receiver();
    let worker = thread::spawn(move || rest(&receiver));
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || (0..ITEMS).for_each(|n| assert_eq!(queue.push(producer * ITEMS + n), None)))
        })
        .collect();
    producers.into_iter().for_each(|producer| producer.join().unwrap());
    assert!(queue.drain(None));
    assert!(queue.finish(None));
    let done = worker.join().unwrap();
    assert_eq!(done.len(), (PRODUCERS * ITEMS) as usize);
    for producer in 0..PRODUCERS {
        let own = done.iter().filter(|item| *item / ITEMS == producer).copied();
        assert!(own.eq((0..ITEMS).map(|n| producer * ITEMS + n)), "the items of producer {producer} are in order");
    }
}

#[test]
fn an_unbounded_push_evicts_nothing_and_the_next_push_evicts_itself_if_it_must() {
    let (queue, receiver) = queue(1);
    [1, 3, 5].into_iter().for_each(|n| queue.push_unbounded(n));
    assert_eq!(queue.push(2), Some(2), "only an item that may go is evicted");
    queue.close();
    queue.push_unbounded(7);
    assert_eq!(rest(&receiver), [1, 3, 5]);
}

#[test]
fn waking_ends_one_pause_for_the_item_in_work() {
    let (queue, receiver) = queue(10);
    queue.push(1);
    queue.wake();
    assert_eq!(receiver.pop(), Some(1), "a wake from before the item is forgotten");
    assert!(receiver.pause(SHORT));
    queue.wake();
    assert!(receiver.pause(LONG), "a wake during the work ends the next pause");
    let thread = thread::spawn(move || receiver.pause(LONG));
    queue.wake();
    assert!(thread.join().unwrap());
}
