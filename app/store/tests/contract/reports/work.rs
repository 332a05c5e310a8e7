//! Work that takes several transactions.

use crate::test_store::TestStore;

#[tokio::test]
async fn work_is_unfinished_from_begin_to_finish_across_restarts() {
    let test = TestStore::new().await;
    let unfinished = async |name| test.store.is_unfinished(name).await.unwrap();
    assert!(!unfinished("demo").await);
    for _ in 0..2 {
        test.store.begin_work("demo").await.unwrap();
        assert!(test.reopened().await.is_unfinished("demo").await.unwrap());
        assert!(!unfinished("other").await);
    }
    for _ in 0..2 {
        test.store.finish_work("demo").await.unwrap();
        assert!(!unfinished("demo").await);
    }
}
