//! Work that takes several transactions.

use crate::house::House;

#[tokio::test]
async fn work_is_unfinished_from_begin_to_finish_across_restarts() {
    let house = House::new().await;
    let unfinished = async |name| house.store.is_unfinished(name).await.unwrap();
    assert!(!unfinished("demo").await);
    for _ in 0..2 {
        house.store.begin_work("demo").await.unwrap();
        assert!(house.reopened().await.is_unfinished("demo").await.unwrap());
        assert!(!unfinished("other").await);
    }
    for _ in 0..2 {
        house.store.finish_work("demo").await.unwrap();
        assert!(!unfinished("demo").await);
    }
}
