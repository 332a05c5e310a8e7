//! Work that takes several transactions.

use crate::test_store::TestStore;

#[tokio::test]
async fn work_is_unfinished_from_begin_to_finish_across_restarts() {
    let test = TestStore::new().await;
    let unfinished = async |name| test.store.reports().is_unfinished(name).await.unwrap();
    assert!(!unfinished("demo").await);
    for _ in 0..2 {
        test.store.reports().begin_work("demo").await.unwrap();
        assert!(test.reopened().await.reports().is_unfinished("demo").await.unwrap());
        assert!(!unfinished("other").await);
    }
    for _ in 0..2 {
        test.store.reports().finish_work("demo").await.unwrap();
        assert!(!unfinished("demo").await);
    }
}
